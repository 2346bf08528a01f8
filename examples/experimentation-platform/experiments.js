const byId = new Map();
const conversions = new Map();

const experiments = {
  create(name, variants = ['control', 'treatment']) {
    const experiment = { id: String(byId.size + 1), name, variants };
    byId.set(experiment.id, experiment);
    return experiment;
  },
  find: (id) => byId.get(id),
  list: () => [...byId.values()].slice(-20),
  convert(experiment, variant) {
    const key = `${experiment.id}:${variant}`;
    conversions.set(key, (conversions.get(key) ?? 0) + 1);
  },
  results: (experiment) =>
    Object.fromEntries(
      experiment.variants.map((variant) => [variant, conversions.get(`${experiment.id}:${variant}`) ?? 0]),
    ),
};

experiments.create('checkout-button');
experiments.create('search-ranking', ['control', 'popularity', 'freshness']);

module.exports = { experiments };
