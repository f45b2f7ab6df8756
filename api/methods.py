"""Which methods only read. All others are commands: refused to other sites, to viewers, when late."""

__all__ = ["READING"]

READING = ("GET", "HEAD", "OPTIONS")
