package main

import (
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	size int64
	root tlog.Hash
}

func parseCheckpoint(text, origin string) (c checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, errors.New("a checkpoint has three lines")
	}
	if lines[0] != origin {
		return c, errors.New("the checkpoint is of another log")
	}
	if c.size, err = parseNumber(lines[1]); err != nil {
		return c, err
	}
	c.root, err = parseHash(base64.StdEncoding, lines[2])
	return c, err
}
