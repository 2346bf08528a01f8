const { createHash } = require('node:crypto');

/** The variant that a user always sees: by hash, so that nothing has to be stored. */
function assign(experiment, userId) {
  const hash = createHash('sha256').update(`${experiment.id}:${userId}`).digest();
  return experiment.variants[hash.readUInt32BE(0) % experiment.variants.length];
}

module.exports = { assign };
