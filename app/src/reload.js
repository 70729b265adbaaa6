// For `cargo xtask dev`: the server's first event names its start; another name after a reconnection is a new server.
let start;
new EventSource("/dev/reload").onmessage = ({ data }) => {
  if (start && start !== data) location.reload();
  start = data;
};
