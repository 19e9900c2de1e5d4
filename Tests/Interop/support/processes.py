"""Server processes, started with a log file and stopped by their process id."""

import subprocess

from .waiting import PATIENCE, accepts, wait_until


class ServerProcess:
    """A server that is ready as soon as its port accepts connections."""

    def __init__(self, command, port, log_path, environment=None, folder=None):
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=environment, cwd=folder)
        try:
            wait_until(lambda: self._ready(port), f"{command[0]} to listen on port {port}")
        except BaseException:
            self.stop()
            raise

    def _ready(self, port):
        if self.process.poll() is not None:
            raise RuntimeError(
                f"{self.process.args[0]} ended with {self.process.returncode}:\n{self.log()}")
        return accepts(port)

    def log(self):
        """What the server has written so far."""
        return self.log_path.read_text(errors="replace")

    def stop(self):
        """Ends this process and no other."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)
