# firmware/core also builds for the host, for unit tests and fuzzing.
FIRMWARE_HOST_LIB :=
