package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

func (c checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.origin, c.size, base64Hash(c.root))
}

func parseCheckpoint(text string) (c checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, errors.New("a checkpoint has three lines")
	}
	c.origin = lines[0]
	if err = checkOrigin(c.origin); err != nil {
		return c, err
	}
	if c.size, err = parseNumber(lines[1]); err != nil {
		return c, err
	}
	c.root, err = parseHash(base64.StdEncoding, lines[2])
	return c, err
}

// ownCheckpoint reads a checkpoint that must be of this log.
func ownCheckpoint(text, origin string) (checkpoint, error) {
	c, err := parseCheckpoint(text)
	if err == nil && c.origin != origin {
		err = errors.New("the checkpoint is of another log")
	}
	return c, err
}
