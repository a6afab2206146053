package cert

import (
	"encoding/asn1"
	"errors"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Name is the subject or issuer of a certificate. Its texts come from outside
// unless the caller made them. The identifiers of persons and organisations
// are those of the order of the Federal Security Service on the form of a
// qualified certificate (1.2.643.100 and 1.2.643.3.131).
type Name struct {
	CommonName         untrusted.Text
	Surname            untrusted.Text
	GivenName          untrusted.Text // имя и отчество
	Title              untrusted.Text // должность
	Organization       untrusted.Text
	OrganizationalUnit untrusted.Text
	Country            untrusted.Text // two letters
	Region             untrusted.Text
	Locality           untrusted.Text
	Street             untrusted.Text
	Email              untrusted.Text
	INN                untrusted.Text // 1.2.643.3.131.1.1, 12 digits; ten-digit numbers are written with two zeros in front by some issuers
	OrgINN             untrusted.Text // 1.2.643.100.4, 10 digits
	OGRN               untrusted.Text // 1.2.643.100.1, 13 digits
	OGRNIP             untrusted.Text // 1.2.643.100.5, 15 digits
	SNILS              untrusted.Text // 1.2.643.100.3, 11 digits
}

// maxNameValue bounds one text of a name, bytes.
const maxNameValue = 1 << 10

// maxNameParts bounds the number of attributes in a name.
const maxNameParts = 64

var errName = errors.New("cert: damaged name")

// attribute ties a part of a name to its identifier and string type.
type attribute struct {
	oid   asn1.ObjectIdentifier
	label string
	tag   cbasn1.Tag
	value *untrusted.Text
}

// attributes lists the parts of n in the order they are written in.
func (n *Name) attributes() []attribute {
	at := func(last int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 4, last} }
	ru := func(last int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 643, 100, last} }
	const numeric = cbasn1.Tag(18)
	return []attribute{
		{at(6), "C", cbasn1.PrintableString, &n.Country},
		{at(8), "ST", cbasn1.UTF8String, &n.Region},
		{at(7), "L", cbasn1.UTF8String, &n.Locality},
		{at(9), "STREET", cbasn1.UTF8String, &n.Street},
		{at(10), "O", cbasn1.UTF8String, &n.Organization},
		{at(11), "OU", cbasn1.UTF8String, &n.OrganizationalUnit},
		{at(12), "T", cbasn1.UTF8String, &n.Title},
		{at(3), "CN", cbasn1.UTF8String, &n.CommonName},
		{at(4), "SN", cbasn1.UTF8String, &n.Surname},
		{at(42), "G", cbasn1.UTF8String, &n.GivenName},
		{asn1.ObjectIdentifier{1, 2, 643, 3, 131, 1, 1}, "INN", numeric, &n.INN},
		{ru(4), "INNLE", numeric, &n.OrgINN},
		{ru(1), "OGRN", numeric, &n.OGRN},
		{ru(5), "OGRNIP", numeric, &n.OGRNIP},
		{ru(3), "SNILS", numeric, &n.SNILS},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, "E", cbasn1.IA5String, &n.Email},
	}
}

// String returns the name on one line, safe for a terminal: "CN=…, O=…".
func (n Name) String() string {
	var b strings.Builder
	for _, a := range n.attributes() {
		if *a.value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.label)
		b.WriteByte('=')
		b.WriteString(a.value.String())
	}
	return b.String()
}

// check refuses texts that their string types cannot hold.
func (n *Name) check() error {
	some := false
	for _, a := range n.attributes() {
		v := a.value.Raw()
		some = some || v != ""
		if len(v) > maxNameValue {
			return errors.New("cert: " + a.label + " is too long")
		}
		for i := range len(v) {
			switch {
			case a.tag == cbasn1.UTF8String:
			case v[i] >= 0x7f || v[i] < ' ', a.tag == cbasn1.Tag(18) && (v[i] < '0' || v[i] > '9'):
				return errors.New("cert: " + a.label + " has a character that is not allowed there")
			}
		}
	}
	if !some {
		return errors.New("cert: the name is empty")
	}
	return nil
}

// add writes the name in DER.
func (n *Name) add(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, a := range n.attributes() {
			if *a.value == "" {
				continue
			}
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(a.oid)
					b.AddASN1(a.tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.value.Raw())) })
				})
			})
		}
	})
}

// parseName reads a name in DER. Attributes that Name does not know are
// skipped; of a repeated one the first counts.
func parseName(der []byte) (Name, error) {
	var n Name
	known := n.attributes()
	in := cryptobyte.String(der)
	var rdns cryptobyte.String
	if !in.ReadASN1(&rdns, cbasn1.SEQUENCE) || !in.Empty() {
		return Name{}, errName
	}
	for parts := 0; !rdns.Empty(); {
		var set cryptobyte.String
		if !rdns.ReadASN1(&set, cbasn1.SET) {
			return Name{}, errName
		}
		for !set.Empty() {
			var pair, raw cryptobyte.String
			var oid asn1.ObjectIdentifier
			var tag cbasn1.Tag
			if parts++; parts > maxNameParts || !set.ReadASN1(&pair, cbasn1.SEQUENCE) || !pair.ReadASN1ObjectIdentifier(&oid) ||
				!pair.ReadAnyASN1(&raw, &tag) || !pair.Empty() {
				return Name{}, errName
			}
			for _, a := range known {
				if *a.value == "" && a.oid.Equal(oid) && len(raw) <= 4*maxNameValue {
					*a.value = untrusted.Text(decodeString(tag, raw))
				}
			}
		}
	}
	return n, nil
}

// decodeString turns any ASN.1 string into UTF-8.
func decodeString(tag cbasn1.Tag, raw []byte) string {
	if tag == 30 && len(raw)%2 == 0 { // BMPString
		units := make([]uint16, 0, len(raw)/2)
		for i := 0; i < len(raw); i += 2 {
			units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
		}
		return string(utf16.Decode(units))
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}
