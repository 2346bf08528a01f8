// Tells the benchmark where to send requests.
exports.listening = (server) => {
  const { port } = server.address();
  process.stdout.write(`listening on ${port}\n`);
};
