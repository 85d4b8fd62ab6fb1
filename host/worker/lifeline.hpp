// Ends the worker when the host's end of the socket closes, also while the plugin does not give the reading thread
// back.
#pragma once

namespace slipway::worker {

// Starts a thread that waits for that, for as long as the process lives.
void end_with_socket(int socket);

}  // namespace slipway::worker
