package gost3410

//go:generate go run generate.go

import (
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
)

// paramSet is a parameter set as published: big-endian hexadecimal numbers,
// spaces allowed.
type paramSet struct {
	bytes            int // size of the prime in octets
	p, a, b, q, x, y string
	cofactor         int
}

// number returns a published number as s.bytes little-endian octets.
func (s *paramSet) number(text string) []byte {
	text = strings.ReplaceAll(text, " ", "")
	text = strings.Repeat("0", max(0, 2*s.bytes-len(text))) + text
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != s.bytes {
		// The sets are constants of this file, held by its tests.
		return make([]byte, s.bytes)
	}
	slices.Reverse(b)
	return b
}

// build prepares the arithmetic of the set.
func (s *paramSet) build() group {
	if s.bytes == size512 {
		return newGroup512(s)
	}
	return newGroup256(s)
}

// The groups, each prepared at first use. Several curve names share one.
var (
	// RFC 4357, section 11.4, id-GostR3410-2001-CryptoPro-A-ParamSet.
	groupA = sync.OnceValue((&paramSet{
		bytes:    size256,
		p:        "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFD97",
		a:        "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFD94",
		b:        "A6",
		q:        "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 6C611070995AD100 45841B09B761B893",
		x:        "1",
		y:        "8D91E471E0989CDA 27DF505A453F2B76 35294F2DDF23E3B1 22ACC99C9E9F1E14",
		cofactor: 1,
	}).build)

	// RFC 4357, section 11.4, id-GostR3410-2001-CryptoPro-B-ParamSet.
	groupB = sync.OnceValue((&paramSet{
		bytes:    size256,
		p:        "8000000000000000 0000000000000000 0000000000000000 0000000000000C99",
		a:        "8000000000000000 0000000000000000 0000000000000000 0000000000000C96",
		b:        "3E1AF419A269A5F8 66A7D3C25C3DF80A E979259373FF2B18 2F49D4CE7E1BBC8B",
		q:        "8000000000000000 0000000000000001 5F700CFFF1A624E5 E497161BCC8A198F",
		x:        "1",
		y:        "3FA8124359F96680 B83D1C3EB2C070E5 C545C9858D03ECFB 744BF8D717717EFC",
		cofactor: 1,
	}).build)

	// RFC 4357, section 11.4, id-GostR3410-2001-CryptoPro-C-ParamSet.
	groupC = sync.OnceValue((&paramSet{
		bytes:    size256,
		p:        "9B9F605F5A858107 AB1EC85E6B41C8AA CF846E86789051D3 7998F7B9022D759B",
		a:        "9B9F605F5A858107 AB1EC85E6B41C8AA CF846E86789051D3 7998F7B9022D7598",
		b:        "805A",
		q:        "9B9F605F5A858107 AB1EC85E6B41C8AA 582CA3511EDDFB74 F02F3A6598980BB9",
		x:        "0",
		y:        "41ECE55743711A8C 3CBF3783CD08C0EE 4D4DC440D4641A8F 366E550DFDB3BB67",
		cofactor: 1,
	}).build)

	// RFC 7836, appendix A.2, id-tc26-gost-3410-2012-256-paramSetA.
	groupTC26A = sync.OnceValue((&paramSet{
		bytes:    size256,
		p:        "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFD97",
		a:        "C2173F1513981673 AF4892C23035A27C E25E2013BF95AA33 B22C656F277E7335",
		b:        "295F9BAE7428ED9C CC20E7C359A9D41A 22FCCD9108E17BF7 BA9337A6F8AE9513",
		q:        "4000000000000000 0000000000000000 0FD8CDDFC87B6635 C115AF556C360C67",
		x:        "91E38443A5E82C0D 880923425712B2BB 658B9196932E02C7 8B2582FE742DAA28",
		y:        "32879423AB1A0375 895786C4BB46E956 5FDE0B5344766740 AF268ADB32322E5C",
		cofactor: 4,
	}).build)

	// RFC 7836, appendix A.1, id-tc26-gost-3410-12-512-paramSetA.
	group512A = sync.OnceValue((&paramSet{
		bytes: size512,
		p: "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF" +
			"FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFDC7",
		a: "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF" +
			"FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFDC4",
		b: "E8C2505DEDFC86DD C1BD0B2B6667F1DA 34B82574761CB0E8 79BD081CFD0B6265" +
			"EE3CB090F30D2761 4CB4574010DA90DD 862EF9D4EBEE4761 503190785A71C760",
		q: "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF" +
			"27E69532F48D8911 6FF22B8D4E056060 9B4B38ABFAD2B85D CACDB1411F10B275",
		x: "3",
		y: "7503CFE87A836AE3 A61B8816E25450E6 CE5E1C93ACF1ABC1 778064FDCBEFA921" +
			"DF1626BE4FD036E9 3D75E6A50E3A41E9 8028FE5FC235F5B8 89A589CB5215F2A4",
		cofactor: 1,
	}).build)

	// RFC 7836, appendix A.1, id-tc26-gost-3410-12-512-paramSetB.
	group512B = sync.OnceValue((&paramSet{
		bytes: size512,
		p: "8000000000000000 0000000000000000 0000000000000000 0000000000000000" +
			"0000000000000000 0000000000000000 0000000000000000 000000000000006F",
		a: "8000000000000000 0000000000000000 0000000000000000 0000000000000000" +
			"0000000000000000 0000000000000000 0000000000000000 000000000000006C",
		b: "687D1B459DC84145 7E3E06CF6F5E2517 B97C7D614AF138BC BF85DC806C4B289F" +
			"3E965D2DB1416D21 7F8B276FAD1AB69C 50F78BEE1FA3106E FB8CCBC7C5140116",
		q: "8000000000000000 0000000000000000 0000000000000000 0000000000000001" +
			"49A1EC142565A545 ACFDB77BD9D40CFA 8B996712101BEA0E C6346C54374F25BD",
		x: "2",
		y: "1A8F7EDA389B094C 2C071E3647A8940F 3C123B697578C213 BE6DD9E6C8EC7335" +
			"DCB228FD1EDF4A39 152CBCAAF8C03988 28041055F94CEEEC 7E21340780FE41BD",
		cofactor: 1,
	}).build)

	// RFC 7836, appendix A.2, id-tc26-gost-3410-2012-512-paramSetC.
	group512C = sync.OnceValue((&paramSet{
		bytes: size512,
		p: "FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF" +
			"FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFDC7",
		a: "DC9203E514A72187 5485A529D2C722FB 187BC8980EB86664 4DE41C68E1430645" +
			"46E861C0E2C9EDD9 2ADE71F46FCF50FF 2AD97F951FDA9F2A 2EB6546F39689BD3",
		b: "B4C4EE28CEBC6C2C 8AC12952CF37F16A C7EFB6A9F69F4B57 FFDA2E4F0DE5ADE0" +
			"38CBC2FFF719D2C1 8DE0284B8BFEF3B5 2B8CC7A5F5BF0A3C 8D2319A5312557E1",
		q: "3FFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF" +
			"C98CDBA46506AB00 4C33A9FF5147502C C8EDA9E7A769A126 94623CEF47F023ED",
		x: "E2E31EDFC23DE7BD EBE241CE593EF5DE 2295B7A9CBAEF021 D385F7074CEA043A" +
			"A27272A7AE602BF2 A7B9033DB9ED3610 C6FB85487EAE97AA C5BC7928C1950148",
		y: "F5CE40D95B5EB899 ABBCCFF5911CB857 7939804D6527378B 8C108C3D2090FF9B" +
			"E18E2D33E3021ED2 EF32D85822423B63 04F726AA854BAE07 D0396E9A9ADDC40F",
		cofactor: 4,
	}).build)
)

// curves lists every named parameter set.
var curves = sync.OnceValue(func() []*Curve {
	cryptoPro := func(arc ...int) asn1.ObjectIdentifier {
		return append(asn1.ObjectIdentifier{1, 2, 643, 2, 2}, arc...)
	}
	tc26 := func(arc ...int) asn1.ObjectIdentifier {
		return append(asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1}, arc...)
	}
	return []*Curve{
		{name: "A", oid: cryptoPro(35, 1), group: groupA, bytes: size256, digestParam: true},
		{name: "B", oid: cryptoPro(35, 2), group: groupB, bytes: size256, digestParam: true},
		{name: "C", oid: cryptoPro(35, 3), group: groupC, bytes: size256, digestParam: true},
		{name: "XA", oid: cryptoPro(36, 0), group: groupA, bytes: size256, digestParam: true},
		{name: "XB", oid: cryptoPro(36, 1), group: groupC, bytes: size256, digestParam: true},
		{name: "TCA", oid: tc26(1, 1), group: groupTC26A, bytes: size256},
		{name: "TCB", oid: tc26(1, 2), group: groupA, bytes: size256},
		{name: "TCC", oid: tc26(1, 3), group: groupB, bytes: size256},
		{name: "TCD", oid: tc26(1, 4), group: groupC, bytes: size256},
		{name: "512A", oid: tc26(2, 1), group: group512A, bytes: size512},
		{name: "512B", oid: tc26(2, 2), group: group512B, bytes: size512},
		{name: "512C", oid: tc26(2, 3), group: group512C, bytes: size512},
	}
})
