import { openCountryLookup } from '../../shared/embedded/country-lookup.ts';
import { countryLookupContract } from '../contracts/country-lookup.ts';

countryLookupContract(openCountryLookup);
