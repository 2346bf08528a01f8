// The packages whose code is in dist/, with their licences: what the notice and the bill of materials are made of.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]es?|copying|notice)([.-].*)?$/i;

/**
 * @param {string} root of the repository
 * @param {Record<string, string[]>} inputs package folders by bundle, as in dist/inputs.json
 * @returns {{ name: string, version: string, licence: string, folder: string, bundles: string[], repository?: string,
 *   integrity?: string, texts: string[] }[]} by name; `texts` has the licence files as they are, none where the package has none
 * @throws {Error} when a package names no licence
 */
export function bundledPackages(root, inputs) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const folders = [...new Set(Object.values(inputs).flat())].sort();
  return folders.map((folder) => {
    const { name, version, license, repository } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string') throw new Error(`${name} ${version} is bundled and names no licence`);
    const url = repositoryUrl(repository);
    return {
      name,
      version,
      licence: license,
      folder,
      bundles: Object.keys(inputs).filter((bundle) => inputs[bundle].includes(folder)),
      ...(url && { repository: url }),
      ...(lock.packages[folder]?.integrity && { integrity: lock.packages[folder].integrity }),
      texts: licenceFiles(join(root, folder)).map((file) => readFileSync(file, 'utf8')),
    };
  });
}

function repositoryUrl(repository) {
  const url = typeof repository === 'string' ? repository : repository?.url;
  if (!url) return undefined;
  if (/^[\w.-]+\/[\w.-]+$/.test(url)) return `https://github.com/${url}`;
  const web = url.replace(/^git\+/, '').replace(/^(git|ssh):\/\/(git@)?/, 'https://');
  return URL.canParse(web) ? web : undefined;
}

/** Licence and notice files; a folder of them holds those of code that the package copied. */
function licenceFiles(folder) {
  return readdirSync(folder)
    .filter((name) => LICENCE_FILE.test(name))
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) =>
      statSync(path).isDirectory()
        ? readdirSync(path, { recursive: true })
            .map((name) => join(path, name))
            .filter((file) => statSync(file).isFile())
        : [path],
    );
}
