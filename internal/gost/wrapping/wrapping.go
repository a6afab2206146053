// Package wrapping names what stands around a key, a certificate or a signature
// that nobody can read as it is: the usual faults of mail programs, editors and
// web forms. cms, cert and keyfile import it.
package wrapping

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

// Kind is what is wrong.
type Kind int

// The kinds.
const (
	BOM          Kind = iota + 1 // a UTF-8 mark before PEM or base64
	UTF16                        // text in UTF-16
	SMIME                        // a message by S/MIME around the signature
	Base64URL                    // base64 for addresses, with - and _
	DoubleBase64                 // base64 of base64
	Trailing                     // bytes after the end of DER
)

// Error says what is wrong. It is also the error that it explains.
type Error struct {
	Kind Kind
	At   int // Trailing: bytes before the first that does not belong
	Err  error
}

// Error names the kind.
func (e *Error) Error() string {
	name := [...]string{"", "a UTF-8 mark at the beginning", "text in UTF-16", "an S/MIME message", "base64url", "base64 of base64", fmt.Sprintf("something after byte %d", e.At)}[e.Kind]
	return fmt.Sprintf("%v: %s", e.Err, name)
}

// Unwrap returns the error that is explained.
func (e *Error) Unwrap() error { return e.Err }

// Explain returns err with what stands around the data, or as it is when nothing
// known does.
func Explain(data []byte, err error) error {
	if err == nil {
		return nil
	}
	if kind, at := kindOf(data); kind != 0 {
		return &Error{Kind: kind, At: at, Err: err}
	}
	return err
}

const most = 1 << 20 // bytes looked at

func kindOf(data []byte) (Kind, int) {
	if len(data) > most {
		return 0, 0
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return BOM, 0
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return UTF16, 0
	}
	if end := derEnd(data); end > 0 && end < len(data) {
		return Trailing, end
	}
	head := strings.ToLower(string(data[:min(len(data), 4<<10)]))
	if strings.HasPrefix(strings.TrimLeft(head, "\r\n"), "mime-version:") || strings.Contains(head, "content-type: application/pkcs7-") ||
		strings.Contains(head, "content-type: application/x-pkcs7-") || strings.Contains(head, "content-type: multipart/signed") {
		return SMIME, 0
	}
	text := bytes.Join(bytes.Fields(data), nil)
	if bytes.ContainsAny(text, "-_") && !bytes.Contains(text, []byte("-----")) {
		if out, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(string(text), "=")); err == nil && derEnd(out) > 0 {
			return Base64URL, 0
		}
	}
	if inner := decoded(data); inner != nil && derEnd(inner) == 0 && derEnd(decoded(inner)) > 0 {
		return DoubleBase64, 0
	}
	return 0, 0
}

// decoded takes PEM or base64 off, or returns nil.
func decoded(data []byte) []byte {
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	out, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(data), nil)))
	if err != nil {
		return nil
	}
	return out
}

// derEnd is where a SEQUENCE that data begins with ends, 0 when there is none.
func derEnd(data []byte) int {
	if len(data) < 2 || data[0] != 0x30 {
		return 0
	}
	if data[1] < 0x80 {
		return 2 + int(data[1])
	}
	n := int(data[1] & 0x7f)
	if n == 0 || n > 4 || len(data) < 2+n {
		return 0
	}
	length := 0
	for _, b := range data[2 : 2+n] {
		length = length<<8 | int(b)
	}
	return 2 + n + length
}
