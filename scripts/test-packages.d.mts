/** The folder with these packages in its `node_modules`, or an Error that says why there is none. */
export function testPackages(specs: readonly string[], overrides?: Readonly<Record<string, string>>): string | Error;
