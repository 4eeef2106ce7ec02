import { openCountryLookup } from '../../shared/aws/country-lookup.ts';
import { countryLookupContract } from '../contracts/country-lookup.ts';

// The project's folder has the table where the function's archive has it.
process.env['LAMBDA_TASK_ROOT'] = process.cwd();

countryLookupContract(openCountryLookup);
