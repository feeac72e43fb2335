// Version 2: a block (§2.2).
//
//	signature  version and command  family and transport  length │ addresses  TLVs
//	12 bytes   1 byte               1 byte                2 bytes│ length bytes

package proxyproto

import (
	"encoding/binary"
	"hash/crc32"

	"aws/backend"
)

const (
	v2Signature = "\r\n\r\n\x00\r\nQUIT\n"
	v2Fixed     = 16 // bytes before the addresses
)

// The second half of a block's fixed part.
const (
	version2    = 0x20
	commandMask = 0x0f

	local = 0 // the command of a connection that the proxy makes for itself
	proxy = 1

	unspecified = 0x00
	tcp4        = 0x11
	udp4        = 0x12
	tcp6        = 0x21
	udp6        = 0x22
	unixStream  = 0x31
	unixPackets = 0x32
)

func parseV2(b []byte) (h Header, length int, problem Problem) {
	if !startsLike(b, v2Signature) {
		return Header{}, 0, NoHeader
	}
	if len(b) < v2Fixed {
		if len(b) > 12 && b[12]&^commandMask != version2 {
			return Header{}, 0, Malformed
		}
		return Header{}, 0, NoProblem
	}
	command := b[12] & commandMask
	length = v2Fixed + int(binary.BigEndian.Uint16(b[14:]))
	switch {
	case b[12]&^commandMask != version2 || command > proxy:
		return Header{}, 0, Malformed
	case length > Max:
		return Header{}, 0, TooLong
	case command == proxy && addressLength(b[13]) > length-v2Fixed:
		return Header{}, 0, Malformed
	case len(b) < length:
		return Header{}, 0, NoProblem
	case command == local, b[13] == unspecified: // what is in the block does not matter
		return Header{}, length, NoProblem
	}
	b = b[:length]
	switch at := b[v2Fixed:]; b[13] {
	case tcp4:
		h.Source = backend.IPv4From([4]byte(at), binary.BigEndian.Uint16(at[8:]))
	case tcp6:
		h.Source = backend.IPv6From([16]byte(at), binary.BigEndian.Uint16(at[32:]))
	}
	if problem = checkTLVs(b, v2Fixed+addressLength(b[13])); problem != NoProblem {
		return Header{}, 0, problem
	}
	return h, length, NoProblem
}

// addressLength is how many bytes the addresses of a family and transport take. Of one
// that the specification does not name it is more than any block has: a receiver must
// drop the connection.
func addressLength(family byte) int {
	switch family {
	case unspecified:
		return 0
	case tcp4, udp4:
		return 12
	case tcp6, udp6:
		return 36
	case unixStream, unixPackets:
		return 216
	}
	return 1 << 16
}

const (
	tlvFixed    = 3    // a type and the length of its value
	typeCRC32c  = 0x03 // PP2_TYPE_CRC32C
	crc32Length = 4
)

// checkTLVs walks over the TLVs, which begin at from, and looks at one of them: a
// receiver that can must check the checksum (§2.2.3).
func checkTLVs(block []byte, from int) Problem {
	for at := from; at < len(block); {
		rest := block[at:]
		if len(rest) < tlvFixed {
			return Malformed
		}
		n := int(binary.BigEndian.Uint16(rest[1:]))
		value := at + tlvFixed
		switch {
		case value+n > len(block), rest[0] == typeCRC32c && n != crc32Length:
			return Malformed
		case rest[0] == typeCRC32c && binary.BigEndian.Uint32(block[value:]) != checksum(block, value):
			return BadChecksum
		}
		at = value + n
	}
	return NoProblem
}

var noChecksum [crc32Length]byte

// checksum is that of a block whose checksum at an index is taken for 0.
func checksum(block []byte, at int) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, block[:at])
	sum = crc32.Update(sum, table, noChecksum[:])
	return crc32.Update(sum, table, block[at+crc32Length:])
}
