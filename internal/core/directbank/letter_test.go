package directbank_test

import (
	"os"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/fault"
)

func TestAnAttachmentIsWholeOnlyWithItsSizeAndChecksum(t *testing.T) {
	raw, err := os.ReadFile("../../portal/wire/directbank/testdata/letter.xml")
	if err != nil {
		t.Fatal(err)
	}
	for change, damaged := range map[[2]string]bool{{"", ""}: false, {`crc="415216992"`, `crc="415216993"`}: true, {`size="15"`, `size="16"`}: true, {">ZGVt", ">ZGVu"}: true, {">ZGVt", ">%GVu"}: true} {
		l, err := directbank.ParseLetter([]byte(replaced(string(raw), change)))
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Files) != 1 || l.Files[0].Damaged != damaged || !l.Ours || l.About != "00000000-0000-4000-8000-000000000001" {
			t.Errorf("%q: %+v", change, l)
		}
	}
}

func TestALetterIsFoundByTheBeginningOfItsID(t *testing.T) {
	box := directbank.Disk{Dir: t.TempDir()}
	raw, err := os.ReadFile("../../portal/wire/directbank/testdata/letter.xml")
	if err != nil {
		t.Fatal(err)
	}
	const id = "00000000-0000-4000-8000-000000000015"
	for _, at := range []string{id, "00000000-0000-4000-8000-000000000016"} {
		if err := box.PutLetter(at, []byte(replaced(string(raw), [2]string{id, at}))); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.PutLetter("broken", []byte("<x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{id: "", "00000000": "bank.letter_ambiguous", "000": "bank.no_letter", "ffff": "bank.no_letter"} {
		l, err := directbank.FindLetter(box, name)
		if got := code(err); got != want || want == "" && l.ID != id {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func replaced(s string, change [2]string) string {
	if change[0] == "" {
		return s
	}
	return strings.Replace(s, change[0], change[1], 1)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}
