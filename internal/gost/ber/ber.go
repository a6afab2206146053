// Package ber turns the indefinite and constructed forms of BER, which streaming
// programs write, into DER's definite ones (X.690). Everything else stays byte for
// byte as it came, so that signatures over parts of it hold. cms and keyfile import
// it.
package ber

import "errors"

// ErrFormat says that data is not BER, or nested deeper than anything real.
var ErrFormat = errors.New("ber: not BER")

// deepest bounds nesting.
const deepest = 64

// Indefinite reports whether data begins with a value of indefinite length.
func Indefinite(data []byte) bool { return len(data) > 1 && data[0]&0x20 != 0 && data[1] == 0x80 }

// ToDefinite returns the first value of data with definite lengths and with octet
// strings in one piece, and what follows it.
func ToDefinite(data []byte) (value, rest []byte, err error) {
	v, rest, _, err := convert(data, 0)
	return v, rest, err
}

const (
	constructed = 0x20
	octetString = 0x04
)

// convert returns a value in definite form; changed says whether it differs from
// what came.
func convert(data []byte, depth int) (value, rest []byte, changed bool, err error) {
	head, length, err := header(data)
	if err != nil || depth > deepest {
		return nil, nil, false, ErrFormat
	}
	tag, body := data[:head.tag], data[head.all:]
	if length >= 0 {
		if length > len(body) {
			return nil, nil, false, ErrFormat
		}
		body, rest = body[:length], body[length:]
	}
	if tag[0]&constructed == 0 {
		if length < 0 {
			return nil, nil, false, ErrFormat
		}
		return data[:head.all+length], rest, false, nil
	}
	var parts []byte
	octets := true
	for length < 0 || len(body) > 0 {
		if length < 0 && len(body) >= 2 && body[0] == 0 && body[1] == 0 {
			rest = body[2:]
			break
		}
		if len(body) == 0 {
			return nil, nil, false, ErrFormat // no end
		}
		v, after, c, err := convert(body, depth+1)
		if err != nil {
			return nil, nil, false, err
		}
		changed = changed || c
		octets = octets && v[0] == octetString
		parts = append(parts, v...)
		body = after
	}
	// An octet string in pieces, by its own tag or under one of the context, becomes
	// one piece. Under the context only indefinite pieces are meant: a definite
	// constructed value with an octet string in it is an explicit tag.
	if octets && len(parts) > 0 && len(tag) == 1 && tag[0] == octetString|constructed {
		joined, err := join(parts)
		if err != nil {
			return nil, nil, false, err
		}
		return wrap([]byte{octetString}, joined), rest, true, nil
	}
	if length >= 0 && !changed {
		return data[:head.all+length], rest, false, nil
	}
	return wrap(tag, parts), rest, true, nil
}

// Octets returns the octets of an implicitly tagged octet string that came in
// pieces: parts are the pieces, in definite form.
func Octets(parts []byte) ([]byte, error) { return join(parts) }

func join(parts []byte) ([]byte, error) {
	var out []byte
	for len(parts) > 0 {
		head, length, err := header(parts)
		if err != nil || length < 0 || parts[0] != octetString || head.all+length > len(parts) {
			return nil, ErrFormat
		}
		out = append(out, parts[head.all:head.all+length]...)
		parts = parts[head.all+length:]
	}
	return out, nil
}

type sizes struct{ tag, all int }

// header reads a tag and a length; -1 is an indefinite one.
func header(data []byte) (s sizes, length int, err error) {
	if len(data) < 2 {
		return s, 0, ErrFormat
	}
	s.tag = 1
	if data[0]&0x1f == 0x1f {
		for s.tag < len(data) && s.tag < 6 && data[s.tag]&0x80 != 0 {
			s.tag++
		}
		s.tag++
	}
	if s.tag >= len(data) {
		return s, 0, ErrFormat
	}
	first := data[s.tag]
	s.all = s.tag + 1
	switch {
	case first < 0x80:
		return s, int(first), nil
	case first == 0x80:
		if data[0]&constructed == 0 {
			return s, 0, ErrFormat
		}
		return s, -1, nil
	}
	n := int(first & 0x7f)
	if n > 4 || s.all+n > len(data) {
		return s, 0, ErrFormat
	}
	for _, b := range data[s.all : s.all+n] {
		length = length<<8 | int(b)
	}
	s.all += n
	return s, length, nil
}

func wrap(tag, body []byte) []byte {
	out := append([]byte{}, tag...)
	n := len(body)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 1<<24:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, body...)
}
