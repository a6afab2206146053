package pdf

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/image/font/sfnt"
)

var errFont = errors.New("not a TrueType font that can be cut")

// subset returns a TrueType font with the outlines of the given glyphs and of
// those they are made of. Glyphs keep their numbers; the others are empty
// (ISO 32000-1, 9.9 says which tables a reader needs).
func subset(ttf []byte, keep []sfnt.GlyphIndex) ([]byte, error) {
	tables, err := tablesOf(ttf)
	if err != nil {
		return nil, err
	}
	glyf, old := tables["glyf"], offsets(tables)
	if glyf == nil || len(old) < 2 {
		return nil, errFont
	}
	want := map[int]bool{0: true}
	var add func(n int) error
	add = func(n int) error {
		if n+1 >= len(old) || old[n] > old[n+1] || old[n+1] > len(glyf) {
			return errFont
		}
		if want[n] && n != 0 {
			return nil
		}
		want[n] = true
		parts, err := parts(glyf[old[n]:old[n+1]])
		if err != nil {
			return err
		}
		for _, p := range parts {
			if err := add(p); err != nil {
				return err
			}
		}
		return nil
	}
	for _, id := range keep {
		if err := add(int(id)); err != nil {
			return nil, err
		}
	}
	var outlines, loca []byte
	for n := range len(old) - 1 {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(outlines)))
		if want[n] {
			outlines = append(outlines, glyf[old[n]:old[n+1]]...)
			for len(outlines)%4 != 0 {
				outlines = append(outlines, 0)
			}
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(outlines)))
	head := slices.Clone(tables["head"])
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets
	out := map[string][]byte{"glyf": outlines, "loca": loca, "head": head}
	for _, name := range []string{"hhea", "hmtx", "maxp", "cvt ", "fpgm", "prep"} {
		if t := tables[name]; t != nil {
			out[name] = t
		}
	}
	return assemble(out), nil
}

// tablesOf cuts a font file into its tables.
func tablesOf(ttf []byte) (map[string][]byte, error) {
	if len(ttf) < 12 {
		return nil, errFont
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
		at := 12 + 16*i
		if at+16 > len(ttf) {
			return nil, errFont
		}
		from, size := uint64(binary.BigEndian.Uint32(ttf[at+8:])), uint64(binary.BigEndian.Uint32(ttf[at+12:]))
		if from+size > uint64(len(ttf)) {
			return nil, errFont
		}
		tables[string(ttf[at:at+4])] = ttf[from : from+size]
	}
	if len(tables["head"]) < 54 || len(tables["maxp"]) < 6 {
		return nil, errFont
	}
	return tables, nil
}

// offsets are where the outline of each glyph begins, and where the last ends.
func offsets(tables map[string][]byte) []int {
	loca, long := tables["loca"], binary.BigEndian.Uint16(tables["head"][50:]) == 1
	count := int(binary.BigEndian.Uint16(tables["maxp"][4:])) + 1
	var at []int
	for n := range count {
		switch {
		case long && 4*n+4 <= len(loca):
			at = append(at, int(binary.BigEndian.Uint32(loca[4*n:])))
		case !long && 2*n+2 <= len(loca):
			at = append(at, 2*int(binary.BigEndian.Uint16(loca[2*n:])))
		default:
			return nil
		}
	}
	return at
}

// Flags of a part of a compound glyph (OpenType, table glyf).
const (
	argsAreWords = 1 << 0
	hasScale     = 1 << 3
	moreParts    = 1 << 5
	hasXYScale   = 1 << 6
	hasMatrix    = 1 << 7
)

// parts are the glyphs that a compound glyph is made of.
func parts(outline []byte) ([]int, error) {
	if len(outline) < 10 || int16(binary.BigEndian.Uint16(outline)) >= 0 {
		return nil, nil
	}
	var out []int
	for at := 10; ; {
		if at+4 > len(outline) {
			return nil, errFont
		}
		flags := binary.BigEndian.Uint16(outline[at:])
		out = append(out, int(binary.BigEndian.Uint16(outline[at+2:])))
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&hasScale != 0:
			at += 2
		case flags&hasXYScale != 0:
			at += 4
		case flags&hasMatrix != 0:
			at += 8
		}
		if flags&moreParts == 0 {
			return out, nil
		}
	}
}

// assemble puts tables into a font file.
func assemble(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	log := 0
	for 2<<log <= len(names) {
		log++
	}
	be := binary.BigEndian
	out := be.AppendUint32(nil, 0x00010000)
	out = be.AppendUint16(out, uint16(len(names)))
	out = be.AppendUint16(out, uint16(16<<log))
	out = be.AppendUint16(out, uint16(log))
	out = be.AppendUint16(out, uint16(16*len(names)-16<<log))
	at := 12 + 16*len(names)
	for _, name := range names {
		t := tables[name]
		out = append(out, name...)
		out = be.AppendUint32(out, checksum(t))
		out = be.AppendUint32(out, uint32(at))
		out = be.AppendUint32(out, uint32(len(t)))
		at += (len(t) + 3) &^ 3
	}
	for _, name := range names {
		out = append(out, tables[name]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(table []byte) uint32 {
	var sum uint32
	for len(table) >= 4 {
		sum += binary.BigEndian.Uint32(table)
		table = table[4:]
	}
	var last [4]byte
	copy(last[:], table)
	return sum + binary.BigEndian.Uint32(last[:])
}
