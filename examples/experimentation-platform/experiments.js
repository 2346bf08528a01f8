const { Pool } = require('pg');

// The embedded database has one session.
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1, idleTimeoutMillis: 0 });

async function rows(text, values) {
  const result = await pool.query(text, values);
  return result.rows;
}

const experiments = {
  async prepare() {
    await rows('CREATE TABLE experiments (id serial PRIMARY KEY, name text NOT NULL, variants text[] NOT NULL)');
    await rows('CREATE TABLE conversions (experiment_id int NOT NULL, variant text NOT NULL)');
    await experiments.create('checkout-button');
    await experiments.create('search-ranking', ['control', 'popularity', 'freshness']);
  },
  async create(name, variants = ['control', 'treatment']) {
    const text = 'INSERT INTO experiments (name, variants) VALUES ($1, $2) RETURNING id, name, variants';
    const [made] = await rows(text, [name, variants]);
    return made;
  },
  async find(id) {
    if (!/^\d{1,9}$/.test(id)) return undefined;
    const [found] = await rows('SELECT id, name, variants FROM experiments WHERE id = $1', [id]);
    return found;
  },
  list: () => rows('SELECT id, name, variants FROM experiments ORDER BY id DESC LIMIT 20'),
  convert: ({ id }, variant) => rows('INSERT INTO conversions (experiment_id, variant) VALUES ($1, $2)', [id, variant]),
  results: ({ id }) =>
    rows('SELECT variant, count(*)::int AS conversions FROM conversions WHERE experiment_id = $1 GROUP BY variant', [
      id,
    ]),
  close: () => pool.end(),
};

module.exports = { experiments };
