// The text of THIRD-PARTY-NOTICES: every bundled package, and each licence text once.

const RULE = '-'.repeat(80);

/**
 * @param {ReturnType<import('./bundled-packages.mjs').bundledPackages>} packages
 * @param {Record<string, string>} standardTexts of licences by SPDX identifier, for packages without a licence file
 * @throws {Error} when there is no text for a package's licence
 */
export function thirdPartyNotices(packages, standardTexts) {
  const holders = new Map();
  for (const { name, version, licence, texts } of packages) {
    if (texts.length === 0 && !standardTexts[licence]) throw new Error(`${name} ${version}: no text of ${licence}`);
    for (const text of texts.length > 0 ? texts : [standardTexts[licence]]) {
      const key = text.replace(/\s+/g, ' ').trim();
      const group = holders.get(key) ?? { text: text.replaceAll('\r\n', '\n').trim(), names: [] };
      group.names.push(`${name} ${version}`);
      holders.set(key, group);
    }
  }
  const list = packages.map(({ name, version, licence, repository }) =>
    [`${name} ${version}: ${licence}`, ...(repository ? [`    ${repository}`] : [])].join('\n'),
  );
  const texts = [...holders.values()].map(
    ({ text, names }) =>
      `${RULE}\nThe following applies to:\n${names.map((name) => `  ${name}`).join('\n')}\n\n${text}`,
  );
  return `The files in this folder contain code of these packages:\n\n${list.join('\n')}\n\n${texts.join('\n\n')}\n`;
}
