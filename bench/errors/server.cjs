// Express: an application that does not fail.
const express = require('express');
const app = express();
app.get('/orders/:id', (_req, res) => res.end('ok'));
app.listen(0, '127.0.0.1', function () {
  console.log(`http://127.0.0.1:${this.address().port}/orders/7`);
});
