package directbank_test

import (
	"encoding/base64"
	"hash/crc32"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
)

func attachment(data []byte) wire.Attachment {
	return wire.Attachment{File: wire.BinaryFile{ID: "1", Name: "a.txt", Extension: "txt", Size: int64(len(data)), CRC: crc32.ChecksumIEEE(data), Created: "2026-09-01T12:00:00", Text: base64.StdEncoding.EncodeToString(data)}}
}

// letter sends a letter and returns what the bank says of it, and all that it says.
func (c *customer) letter(change func(l *wire.Letter)) (string, []told) {
	c.t.Helper()
	id := c.newID()
	from, to := c.party(), bank()
	l := wire.Letter{Head: c.head(id), Sender: wire.Party{Customer: &from}, Recipient: wire.Party{Bank: &to},
		Data: wire.LetterData{Number: "1", Day: "2026-09-01", Type: "01", Text: "Где платёж?", Attachments: []wire.Attachment{attachment([]byte("demo"))}}}
	change(&l)
	c.send(c.packet(c.document(wire.KindLetter, id, l)))
	docs, _, _ := c.fetch()
	return codes(docs, id), docs
}

func TestALetterIsTakenWhenItIsWhole(t *testing.T) {
	c := open(t)
	for want, change := range map[string]func(l *wire.Letter){
		"01":   func(*wire.Letter) {},
		"2205": func(l *wire.Letter) { l.Data.Attachments[0].File.CRC++ },
		"2204": func(l *wire.Letter) { l.Data.Attachments[0] = attachment(make([]byte, 1<<20+1)) },
		"2201": func(l *wire.Letter) { l.Sender, l.Recipient = l.Recipient, l.Sender },
	} {
		if got, _ := c.letter(change); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for name, change := range map[string]func(l *wire.Letter){
		"type": func(l *wire.Letter) { l.Data.Type = "77" },
		"text": func(l *wire.Letter) { l.Data.Text = " " },
		"size": func(l *wire.Letter) { l.Data.Attachments[0].File.Size++ },
	} {
		if got, _ := c.letter(change); got != "2205" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAnOrderThatIsAskedAboutWaitsForPapers(t *testing.T) {
	c := open(t, training.BankAsks)
	id := c.newID()
	c.send(c.packet(c.order(id, "1")))
	docs, _, _ := c.fetch()
	if got := codes(docs, id); got != "04" {
		t.Errorf("the order: %s", got)
	}
	linked := &wire.LinkedDoc{ID: id, Kind: wire.KindOrder}
	_, docs = c.letter(func(l *wire.Letter) { l.Data.Linked, l.Data.Attachments = linked, nil })
	if got := codes(docs, id); got != "" {
		t.Errorf("a letter without papers: %s", got)
	}
	_, docs = c.letter(func(l *wire.Letter) { l.Data.Linked = linked })
	if got := codes(docs, id); got != "02" {
		t.Errorf("papers: %s", got)
	}
}
