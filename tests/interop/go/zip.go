package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// A bundle in one file. archive/zip reads the directory; the format page demands more than it does.

const (
	localMagic     = "PK\x03\x04"
	directoryMagic = "PK\x01\x02"
	endMagic       = "PK\x05\x06"
	end64Magic     = "PK\x06\x06"

	localSize     = 30
	directorySize = 46
	endSize       = 22
	end64Size     = 56
	locatorSize   = 20

	maxUint16 = 0xffff
	maxUint32 = 0xffffffff
)

var errNotZip = errors.New("this is neither a folder nor a ZIP file")

func zipFault(format string, args ...interface{}) *fault {
	return &fault{"", noEntry, "the ZIP file: " + fmt.Sprintf(format, args...)}
}

func readAt(file io.ReaderAt, at, length, size int64) ([]byte, error) {
	if at < 0 || length < 0 || at > size-length {
		return nil, zipFault("it points outside of itself")
	}
	data := make([]byte, length)
	if _, err := file.ReadAt(data, at); err != nil && !(errors.Is(err, io.EOF) && length == 0) {
		return nil, err
	}
	return data, nil
}

func inZip(file io.ReaderAt, size int64) (files, error) {
	magic, err := readAt(file, 0, 4, size)
	if err != nil || string(magic) != localMagic {
		return nil, errNotZip
	}
	directory, err := readDirectory(file, size)
	if err != nil {
		return nil, err
	}
	names, offsets, err := localHeaders(directory)
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return nil, zipFault("%v", err)
	}
	if len(archive.File) != len(names) {
		return nil, zipFault("it has not as many members as it says")
	}
	list := files{}
	seen := map[string]bool{}
	for i, member := range archive.File {
		if member.Name != names[i] {
			return nil, zipFault("its directory can be read in two ways")
		}
		if err := checkName(member.Name); err != nil {
			return nil, err
		}
		if seen[member.Name] {
			return nil, zipFault("%q is there twice", member.Name)
		}
		seen[member.Name] = true
		if strings.HasSuffix(member.Name, "/") {
			continue
		}
		read, err := openMember(file, size, member, offsets[i])
		if err != nil {
			return nil, err
		}
		list[member.Name] = read
	}
	return list, nil
}

// readDirectory returns the bytes of the central directory, which end where the end record begins.
func readDirectory(file io.ReaderAt, size int64) ([]byte, error) {
	end, err := readAt(file, size-endSize, endSize, size)
	if err != nil || !bytes.HasPrefix(end, []byte(endMagic)) || binary.LittleEndian.Uint16(end[20:]) != 0 {
		return nil, zipFault("it does not end with an end record without a comment")
	}
	stop := size - endSize
	length, at := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	if binary.LittleEndian.Uint16(end[10:]) == maxUint16 || length == maxUint32 || at == maxUint32 {
		stop -= locatorSize + end64Size
		end64, err := readAt(file, stop, end64Size, size)
		if err != nil || !bytes.HasPrefix(end64, []byte(end64Magic)) {
			return nil, zipFault("its ZIP64 end record is missing")
		}
		length, at = int64(binary.LittleEndian.Uint64(end64[40:])), int64(binary.LittleEndian.Uint64(end64[48:]))
	}
	if length < 0 || at < 0 || length > stop || at != stop-length {
		return nil, zipFault("its directory does not end where the end record begins")
	}
	return readAt(file, at, length, size)
}

// localHeaders lists what archive/zip keeps to itself: where each member begins.
func localHeaders(directory []byte) (names []string, offsets []int64, err error) {
	for len(directory) > 0 {
		if len(directory) < directorySize || !bytes.HasPrefix(directory, []byte(directoryMagic)) {
			return nil, nil, zipFault("its directory is damaged")
		}
		name := int(binary.LittleEndian.Uint16(directory[28:]))
		extra := int(binary.LittleEndian.Uint16(directory[30:]))
		length := directorySize + name + extra + int(binary.LittleEndian.Uint16(directory[32:]))
		if len(directory) < length {
			return nil, nil, zipFault("its directory is damaged")
		}
		at := int64(binary.LittleEndian.Uint32(directory[42:]))
		if at == maxUint32 {
			at = offset64(directory, directory[directorySize+name:directorySize+name+extra])
		}
		names = append(names, string(directory[directorySize:directorySize+name]))
		offsets = append(offsets, at)
		directory = directory[length:]
	}
	return names, offsets, nil
}

// offset64 finds the offset in the ZIP64 field, after the sizes that did not fit either; -1 when it is not there.
func offset64(header, extra []byte) int64 {
	skip := 0
	for _, field := range []int{24, 20} {
		if binary.LittleEndian.Uint32(header[field:]) == maxUint32 {
			skip += 8
		}
	}
	for len(extra) >= 4 {
		kind, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+length {
			break
		}
		if kind == 1 && length >= skip+8 {
			return int64(binary.LittleEndian.Uint64(extra[4+skip:]))
		}
		extra = extra[4+length:]
	}
	return -1
}

func checkName(name string) error {
	bad := func(c rune) bool { return c < 0x20 || c == '\\' }
	if name == "" || name[0] == '/' || strings.Contains(name, "..") || strings.IndexFunc(name, bad) >= 0 {
		return zipFault("%q is no name of a member", name)
	}
	return nil
}

// openMember checks all that the envelope says about a member, and how it is kept.
func openMember(file io.ReaderAt, size int64, member *zip.File, at int64) (func() ([]byte, error), error) {
	const isEncrypted = 1
	if member.Method != zip.Store || member.Flags&isEncrypted != 0 ||
		member.CompressedSize64 != member.UncompressedSize64 {
		return nil, zipMemberFault(member.Name, "it is compressed or encrypted")
	}
	header, err := readAt(file, at, localSize+int64(len(member.Name)), size)
	if err != nil || !bytes.HasPrefix(header, []byte(localMagic)) || string(header[localSize:]) != member.Name ||
		int(binary.LittleEndian.Uint16(header[26:])) != len(member.Name) {
		return nil, zipMemberFault(member.Name, "it is not where the directory says")
	}
	begin := at + localSize + int64(len(member.Name)) + int64(binary.LittleEndian.Uint16(header[28:]))
	length := int64(member.UncompressedSize64)
	read := func() ([]byte, error) { return readAt(file, begin, length, size) }
	data, err := read()
	if err != nil || crc32.ChecksumIEEE(data) != member.CRC32 {
		return nil, zipMemberFault(member.Name, "its content is not what the directory says")
	}
	return read, nil
}

func zipMemberFault(name, why string) *fault { return fileFault(name, "in the ZIP file: %s", why) }
