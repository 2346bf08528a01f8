// The CycloneDX bill of materials of the published package.
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';

const licences = new Contrib.License.Factories.LicenseFactory();

/**
 * Without a time or a serial number, so that the same sources give the same file.
 *
 * @param {{ name: string, version: string, license: string, description: string }} manifest
 * @param {ReturnType<import('./bundled-packages.mjs').bundledPackages>} bundled
 * @param {ReturnType<import('./bundled-packages.mjs').bundledPackages>} installed beside it, as `dependencies` ask
 * @returns {string} JSON
 */
export function billOfMaterials(manifest, bundled, installed) {
  const main = component({ ...manifest, licence: manifest.license });
  main.description = manifest.description;
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: main }) });
  for (const found of [...bundled, ...installed]) {
    const part = component(found);
    for (const bundle of found.bundles) part.properties.add(new Models.Property('bundled in', `dist/${bundle}`));
    bom.components.add(part);
    main.dependencies.add(part.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`;
}

function component({ name, version, licence, repository, integrity }) {
  const [, group, short] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  const purl = new PackageURL('npm', group, short, version, undefined, undefined).toString();
  return new Models.Component(Enums.ComponentType.Library, short, {
    ...(group && { group }),
    version,
    purl,
    bomRef: purl,
    licenses: new Models.LicenseRepository([licences.makeFromString(licence)]),
    ...(integrity && { hashes: new Models.HashDictionary([sha512(integrity)]) }),
    ...(repository && {
      externalReferences: new Models.ExternalReferenceRepository([
        new Models.ExternalReference(repository, Enums.ExternalReferenceType.VCS),
      ]),
    }),
  });
}

/** Of the tarball, as the lockfile has it. */
function sha512(integrity) {
  return [Enums.HashAlgorithm['SHA-512'], Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')];
}
