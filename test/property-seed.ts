import fc from 'fast-check';

// A push is judged by the same cases each time; everybody's own runs look at new ones.
if (process.env['CI'] === 'true') fc.configureGlobal({ seed: 20_261_121 });
