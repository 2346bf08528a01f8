const express = require('express');
const { listening } = require('../listening.cjs');
const { experiment } = require('../payload.cjs');

const app = express();
app.get('/experiments/:id', (request, response) => response.json(experiment(request.params.id)));
const server = app.listen(0, '127.0.0.1', () => listening(server));
