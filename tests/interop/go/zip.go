package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
	"strings"
)

// A bundle in one file. The format page demands more of the envelope than archive/zip does, which only has to find
// the same members.

const (
	localMagic     = "PK\x03\x04"
	directoryMagic = "PK\x01\x02"
	endMagic       = "PK\x05\x06"
	end64Magic     = "PK\x06\x06"
	locatorMagic   = "PK\x06\x07"

	localSize     = 30
	directorySize = 46
	endSize       = 22
	end64Size     = 56
	locatorSize   = 20

	maxZipName  = 1024
	maxZipExtra = 1024

	// Encrypted in three ways; sizes after the data.
	flagsOfOthers = 1 | 1<<3 | 1<<6 | 1<<13

	extraZip64     = 1
	extraOtherName = 0x7075

	maxUint16 = 0xffff
	maxUint32 = 0xffffffff
)

var (
	errNotZip      = errors.New("this is neither a folder nor a ZIP file")
	errPackedAgain = errors.New("the ZIP file was packed again by another program: unpack it and give the folder")
	errHeader      = errors.New("the header is damaged")
)

const zipItself = "ZIP" // where a fault is not about one member

func zipFault(format string, args ...interface{}) *fault {
	return fileFault(zipItself, format, args...)
}

// A zipFile reads little-endian numbers and never beyond its end.
type zipFile struct {
	io.ReaderAt
	size int64
}

func (z zipFile) bytes(at, length int64) ([]byte, error) {
	if at < 0 || length < 0 || at > z.size-length {
		return nil, errHeader
	}
	data := make([]byte, length)
	n, err := z.ReadAt(data, at)
	if int64(n) == length {
		err = nil
	}
	return data, err
}

var little = binary.LittleEndian

// A zipHeader is what a local header and a directory record have in common, and the record's offset.
type zipHeader struct {
	name                 string
	flags, method        uint16
	crc                  uint32
	size, packed, offset uint64
	data                 int64 // where the content begins, when this is a local header
	extra                error // what is wrong with the extra fields
}

// parse takes a header whose common fields begin at `common` and whose fixed part ends at `fixed`; raw may go on.
func (h *zipHeader) parse(raw []byte, common, fixed int) (length int, err error) {
	if len(raw) < fixed {
		return 0, errHeader
	}
	h.flags, h.method = little.Uint16(raw[common:]), little.Uint16(raw[common+2:])
	h.crc = little.Uint32(raw[common+8:])
	h.packed, h.size = uint64(little.Uint32(raw[common+12:])), uint64(little.Uint32(raw[common+16:]))
	name, extra := int(little.Uint16(raw[common+20:])), int(little.Uint16(raw[common+22:]))
	if name > maxZipName || extra > maxZipExtra || len(raw) < fixed+name+extra {
		return 0, errHeader
	}
	h.name = string(raw[fixed : fixed+name])
	if fixed == directorySize {
		if little.Uint16(raw[34:]) != 0 {
			return 0, errHeader
		}
		h.offset = uint64(little.Uint32(raw[42:]))
	}
	h.extra = h.takeExtra(raw[fixed+name : fixed+name+extra])
	return fixed + name + extra, nil
}

// takeExtra demands a ZIP64 field exactly where numbers did not fit, and with exactly those.
func (h *zipHeader) takeExtra(extra []byte) error {
	var large []*uint64
	for _, number := range []*uint64{&h.size, &h.packed, &h.offset} {
		if *number == maxUint32 {
			large = append(large, number)
		}
	}
	for len(extra) > 0 {
		if len(extra) < 4 || len(extra)-4 < int(little.Uint16(extra[2:])) {
			return errHeader
		}
		kind, field := little.Uint16(extra), extra[4:4+little.Uint16(extra[2:])]
		extra = extra[4+len(field):]
		if kind == extraOtherName || kind == extraZip64 && (large == nil || len(field) != 8*len(large)) {
			return errHeader
		}
		if kind == extraZip64 {
			for i, number := range large {
				*number = little.Uint64(field[8*i:])
			}
			large = nil
		}
	}
	if large != nil {
		return errHeader
	}
	return nil
}

// shown is what a fault calls the member.
func (h *zipHeader) shown() string {
	if h.name == "" {
		return zipItself
	}
	return h.name
}

// local reads the header at the offset of a record.
func (z zipFile) local(record *zipHeader, directory int64) (*zipHeader, error) {
	at := int64(record.offset)
	if at < 0 || at >= directory {
		return nil, errHeader
	}
	room := directory - at
	if most := int64(localSize + maxZipName + maxZipExtra); room > most {
		room = most
	}
	raw, err := z.bytes(at, room)
	if err != nil || !bytes.HasPrefix(raw, []byte(localMagic)) {
		return nil, errHeader
	}
	h := &zipHeader{}
	length, err := h.parse(raw, 6, localSize)
	h.data = at + int64(length)
	return h, err
}

// directory finds the central directory: where it begins, where it ends, how many records it has.
func (z zipFile) directory() (begin, end int64, count uint64, err error) {
	end = z.size - endSize
	raw, err := z.bytes(end, endSize)
	if err != nil || !strings.HasPrefix(string(raw), endMagic) || little.Uint32(raw[4:]) != 0 || little.Uint16(raw[20:]) != 0 {
		return 0, 0, 0, zipFault("it does not end with an end record without a comment")
	}
	here, all := uint64(little.Uint16(raw[8:])), uint64(little.Uint16(raw[10:]))
	length, at := uint64(little.Uint32(raw[12:])), uint64(little.Uint32(raw[16:]))
	if raw, err := z.bytes(end-end64Size-locatorSize, end64Size+locatorSize); err == nil &&
		strings.HasPrefix(string(raw[end64Size:]), locatorMagic) {
		end -= end64Size + locatorSize
		isFirst := little.Uint32(raw[60:]) == 0 && little.Uint64(raw[64:]) == uint64(end) && little.Uint32(raw[72:]) == 1
		if !isFirst || !strings.HasPrefix(string(raw), end64Magic) || little.Uint64(raw[4:]) != end64Size-12 ||
			little.Uint64(raw[16:]) != 0 {
			return 0, 0, 0, zipFault("its ZIP64 end record is damaged")
		}
		large := []uint64{little.Uint64(raw[24:]), little.Uint64(raw[32:]), little.Uint64(raw[40:]), little.Uint64(raw[48:])}
		fits := func(small, full uint64, i int) bool { return small == full || small == large[i] }
		if !fits(here, maxUint16, 0) || !fits(all, maxUint16, 1) || !fits(length, maxUint32, 2) || !fits(at, maxUint32, 3) {
			return 0, 0, 0, zipFault("its two end records differ")
		}
		here, all, length, at = large[0], large[1], large[2], large[3]
	}
	if here != all || length > uint64(end) || at != uint64(end)-length {
		return 0, 0, 0, zipFault("its directory is not where its end record says")
	}
	return int64(at), end, all, nil
}

func (z zipFile) records() (list []*zipHeader, begin int64, err error) {
	begin, end, count, err := z.directory()
	if err != nil {
		return nil, 0, err
	}
	raw, err := z.bytes(begin, end-begin)
	if err != nil {
		return nil, 0, err
	}
	var names []string
	for len(raw) > 0 {
		h := &zipHeader{}
		length, err := h.parse(raw, 8, directorySize)
		if err != nil || !bytes.HasPrefix(raw, []byte(directoryMagic)) {
			return nil, 0, zipFault("its directory is damaged")
		}
		length += int(little.Uint16(raw[32:])) // a comment
		if length > len(raw) {
			return nil, 0, zipFault("its directory is damaged")
		}
		if h.method != zip.Store || h.flags&flagsOfOthers != 0 {
			return nil, 0, errPackedAgain
		}
		list = append(list, h)
		names = append(names, h.name)
		raw = raw[length:]
	}
	if uint64(len(list)) != count {
		return nil, 0, zipFault("it has not as many members as it says")
	}
	if isDeeper(names) {
		return nil, 0, errDeeper
	}
	return list, begin, nil
}

func inZip(file io.ReaderAt, size int64) (files, error) {
	z := zipFile{file, size}
	if magic, err := z.bytes(0, 4); err != nil || string(magic) != localMagic {
		return nil, errNotZip
	}
	records, directory, err := z.records()
	if err != nil {
		return nil, err
	}
	list, seen := files{}, map[string]bool{}
	var spans [][2]int64
	for _, record := range records {
		local, err := z.checkMember(record, directory)
		if err != nil {
			return nil, fileFault(record.shown(), "in the ZIP file: %v", err)
		}
		if seen[record.name] {
			return nil, fileFault(record.shown(), "it is in the ZIP file twice")
		}
		seen[record.name] = true
		end := local.data + int64(local.size)
		spans = append(spans, [2]int64{int64(record.offset), end})
		if !strings.HasSuffix(record.name, "/") {
			list[record.name] = func() ([]byte, error) { return z.bytes(local.data, int64(local.size)) }
		}
	}
	if err := fillAll(spans, directory); err != nil {
		return nil, err
	}
	for _, record := range records {
		if read := list[record.name]; read != nil {
			if data, err := read(); err != nil || crc32.ChecksumIEEE(data) != record.crc {
				return nil, fileFault(record.name, "it does not fit its checksum in the ZIP file")
			}
		}
	}
	return list, sameMembers(z, records)
}

// checkMember demands that the envelope can be read in one way only.
func (z zipFile) checkMember(record *zipHeader, directory int64) (*zipHeader, error) {
	if err := checkName(record.name); err != nil {
		return nil, err
	}
	if record.extra != nil || record.packed != record.size {
		return nil, errors.New("it has two sizes or two names")
	}
	if strings.HasSuffix(record.name, "/") && record.size != 0 {
		return nil, errors.New("a folder has content")
	}
	local, err := z.local(record, directory)
	if err != nil {
		return nil, err
	}
	if local.extra != nil || local.name != record.name || local.flags != record.flags || local.method != record.method ||
		local.crc != record.crc || local.size != record.size || local.packed != record.packed {
		return nil, errors.New("its two headers differ")
	}
	if local.size > uint64(directory-local.data) {
		return nil, errHeader
	}
	return local, nil
}

func checkName(name string) error {
	bad := func(c rune) bool { return c < 0x20 || c == '\\' }
	parts := strings.Split(strings.TrimSuffix(name, "/"), "/")
	if contains(parts, "") || contains(parts, ".") || strings.Contains(name, "..") || strings.IndexFunc(name, bad) >= 0 {
		return fmt.Errorf("%q is no name of a member", name)
	}
	return nil
}

// fillAll demands that the members lie from the first byte to the directory, without gap or overlap.
func fillAll(spans [][2]int64, directory int64) error {
	sort.Slice(spans, func(i, j int) bool { return spans[i][0] < spans[j][0] })
	at := int64(0)
	for _, span := range spans {
		if span[0] != at {
			return zipFault("its members overlap, or something lies between them")
		}
		at = span[1]
	}
	if at != directory {
		return zipFault("something lies between its members and its directory")
	}
	return nil
}

// sameMembers asks Go's own reader.
func sameMembers(z zipFile, records []*zipHeader) error {
	archive, err := zip.NewReader(z, z.size)
	if err != nil {
		return zipFault("%v", err)
	}
	if len(archive.File) != len(records) {
		return zipFault("Go's reader finds other members")
	}
	for i, member := range archive.File {
		at, err := member.DataOffset()
		if err != nil || member.Name != records[i].name || member.UncompressedSize64 != records[i].size || at == 0 {
			return fileFault(records[i].name, "Go's reader finds it otherwise in the ZIP file")
		}
	}
	return nil
}
