package directbank

import (
	"context"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// firstLetters is the version that brought letters.
const firstLetters = "2.3.1"

// Limits of the standard.
const (
	mostTheme = 100 // characters
	mostName  = 256 // of an attachment's name
	mostExt   = 10
)

// Draft is a letter to be written.
type Draft struct {
	Type  string // code by the bank's list; "" where it offers one or none
	Theme string
	Text  string
	About string // the id of a payment order that it is about, ""
	Reply string // the id of the bank's letter that it answers, ""
	Files []Attached
}

// Attached is a file of a draft.
type Attached struct {
	Name string // with its extension, no folder
	Data []byte
}

// Letter is a letter that was written or received.
type Letter struct {
	ID     string
	Thread string // of the correspondence
	Reply  string // the letter that it answers
	Ours   bool
	Number untrusted.Text
	Day    string // 2006-01-02
	Type   string
	Theme  untrusted.Text
	Text   untrusted.Text
	About  string // the document that it is about
	Kind   wire.Kind
	Files  []LetterFile
}

// LetterFile is an attachment.
type LetterFile struct {
	Name    untrusted.Text
	Size    int64
	Damaged bool // it has not the size or the CRC-32 that are written beside it
	text    string
}

// Data returns the bytes.
func (f *LetterFile) Data() ([]byte, error) { return base64.StdEncoding.DecodeString(f.text) }

// Forget drops the bytes of the attachments, for lists.
func (l *Letter) Forget() {
	for i := range l.Files {
		l.Files[i].text = ""
	}
}

// ParseLetter reads a document of kind 40.
func ParseLetter(raw []byte) (*Letter, error) {
	var l wire.Letter
	if err := client.Decode(raw, &l); err != nil {
		return nil, err
	}
	d := &l.Data
	out := &Letter{ID: strings.ToLower(l.ID), Thread: strings.ToLower(d.CorrespondenceID), Reply: strings.ToLower(d.LinkedID), Ours: l.Sender.Customer != nil,
		Number: untrusted.Text(d.Number), Day: d.Day[:min(len(d.Day), len(time.DateOnly))], Type: d.Type, Theme: untrusted.Text(d.Theme), Text: untrusted.Text(d.Text)}
	if d.Linked != nil {
		out.About, out.Kind = strings.ToLower(d.Linked.ID), d.Linked.Kind
	}
	for i := range d.Attachments {
		f := &d.Attachments[i].File
		one := LetterFile{Name: untrusted.Text(f.Name), text: strings.Join(strings.Fields(f.Text), "")}
		data, err := one.Data()
		one.Size = int64(len(data))
		one.Damaged = err != nil || one.Size != f.Size || crc32.ChecksumIEEE(data) != f.CRC
		out.Files = append(out.Files, one)
	}
	return out, nil
}

// letter checks a draft and makes the document of it: everything wrong at once.
func (d *Desk) letter(id string, draft *Draft, answered *Letter) (*wire.Letter, error) {
	if !client.AtLeast(d.Client.Version(), firstLetters) {
		return nil, fault.New(exitcode.Refused, "bank.letters", i18n.Text{RU: "письма есть с DirectBank %s, а с банком %s согласована %s", EN: "letters came with DirectBank %s, and with bank %s %s was agreed"}.With(firstLetters, d.Section.Name, d.Client.Version())).
			Advise(i18n.Say("напишите в интернет-банке", "write in the bank's web office"))
	}
	var fields []fault.Field
	bad := func(name string, m i18n.Message) { fields = append(fields, fault.Field{Name: name, Message: m}) }
	if n := utf8.RuneCountInString(draft.Theme); n > mostTheme {
		bad("theme", i18n.Text{RU: "%d знаков, а можно %d", EN: "%d characters, and %d are allowed"}.With(n, mostTheme))
	}
	if strings.TrimSpace(draft.Text) == "" {
		bad("text", i18n.Say("не заполнено", "it is not filled in"))
	}
	kind := draft.Type
	types := d.Section.LetterTypes
	if kind == "" && len(types) == 1 {
		kind = types[0].Code
	}
	known := len(types) == 0
	var offered []string
	for _, t := range types {
		known = known || t.Code == kind
		offered = append(offered, t.Code+" "+untrusted.Clean(t.Name))
	}
	if !known {
		bad("type", i18n.Text{RU: "банк принимает письма видов: %s", EN: "the bank takes letters of these types: %s"}.With(strings.Join(offered, "; ")))
	}
	now := d.Clock.Now().In(clock.Moscow())
	customer, bank := d.party(), d.bank()
	l := &wire.Letter{Head: d.Client.Head(id), Sender: wire.Party{Customer: &customer}, Recipient: wire.Party{Bank: &bank},
		Data: wire.LetterData{Number: strconv.FormatInt(now.Unix()%1_000_000, 10), Day: now.Format(time.DateOnly), Type: kind, Theme: untrusted.Clean(draft.Theme), Text: untrusted.CleanLines(draft.Text), CorrespondenceID: id}}
	if answered != nil {
		l.Data.LinkedID, l.Data.CorrespondenceID = answered.ID, answered.ID
		if answered.Thread != "" {
			l.Data.CorrespondenceID = answered.Thread
		}
		if answered.About != "" {
			l.Data.Linked = &wire.LinkedDoc{ID: answered.About, Kind: answered.Kind}
		}
	}
	if draft.About != "" {
		l.Data.Linked = &wire.LinkedDoc{ID: draft.About, Kind: wire.KindOrder}
	}
	var total int64
	for i := range draft.Files {
		f := &draft.Files[i]
		ext := strings.TrimPrefix(filepath.Ext(f.Name), ".")
		if n := utf8.RuneCountInString(f.Name); n == 0 || n > mostName || utf8.RuneCountInString(ext) > mostExt {
			bad("attach", i18n.Text{RU: "«%s»: имя не длиннее %d знаков, расширение не длиннее %d", EN: "%q: a name has at most %d characters, its extension at most %d"}.With(untrusted.Text(f.Name), mostName, mostExt))
		}
		total += int64(len(f.Data))
		l.Data.Attachments = append(l.Data.Attachments, wire.Attachment{File: wire.BinaryFile{ID: uuid.NewString(), Name: f.Name, Extension: ext, Size: int64(len(f.Data)),
			CRC: crc32.ChecksumIEEE(f.Data), Created: l.CreationDate, Text: base64.StdEncoding.EncodeToString(f.Data)}})
	}
	if most := d.Section.LettersLimit; most > 0 && total > most {
		bad("attach", i18n.Text{RU: "вложений на %d байт, а банк принимает %d", EN: "%d bytes are attached, and the bank takes %d"}.With(total, most))
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "bank.letter", i18n.Say("письмо не годится; ничего не отправлено", "the letter cannot be sent; nothing left"))
		e.Fields = fields
		return nil, e
	}
	return l, nil
}

// Write sends a letter, once, and returns its id; the bank's notice about it comes
// later. The letter is kept before it leaves.
func (d *Desk) Write(ctx context.Context, draft *Draft) (string, error) {
	var answered *Letter
	if draft.Reply != "" {
		var err error
		if answered, err = FindLetter(d.Box, draft.Reply); err != nil {
			return "", err
		}
	}
	id := uuid.NewString()
	l, err := d.letter(id, draft, answered)
	if err != nil {
		return "", err
	}
	doc, err := d.seal(ctx, wire.KindLetter, id, l)
	if err != nil {
		return "", err
	}
	packet, err := d.keep(uuid.NewString(), []*client.Sealed{doc})
	if err == nil {
		err = d.Box.PutSent(id, packet)
	}
	if err == nil {
		err = d.Box.PutLetter(id, doc.Bytes)
	}
	if err != nil {
		return "", err
	}
	_, fate, err := d.Send(ctx, packet)
	if fate == client.Uncertain {
		return id, fault.New(exitcode.Unknown, "bank.letter_lost", i18n.Text{RU: "письмо %s ушло в банк, а понятного ответа нет: получил ли его банк, неизвестно", EN: "letter %s left for the bank and no usable answer came back: whether the bank has it is unknown"}.With(id)).
			Advise(i18n.Text{RU: "спросите банк, прежде чем писать снова: epgu bank status %s %s", EN: "ask the bank before writing again: epgu bank status %s %s"}.With(d.Section.Name, id)).Because(err)
	}
	if fate == client.NotTaken {
		return "", err
	}
	return id, nil
}

// errFound ends a search.
var errFound = errors.New("found")

// FindLetter returns a letter that was written or received, by its id or the beginning
// of it.
func FindLetter(box Box, id string) (*Letter, error) {
	var found []*Letter
	err := EachLetter(box, func(l *Letter) error {
		if l.ID == strings.ToLower(id) {
			found = []*Letter{l}
			return errFound
		}
		if len(id) >= 4 && strings.HasPrefix(l.ID, strings.ToLower(id)) {
			found = append(found, l)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) {
		return nil, err
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fault.New(exitcode.NotFound, "bank.no_letter", i18n.Text{RU: "письма %s нет", EN: "there is no letter %s"}.With(untrusted.Text(id))).
			Advise(i18n.Say("какие есть: epgu bank letters ИМЯ", "which there are: epgu bank letters NAME"))
	}
	return nil, fault.New(exitcode.Usage, "bank.letter_ambiguous", i18n.Text{RU: "%s подходит к нескольким письмам", EN: "%s fits several letters"}.With(untrusted.Text(id))).
		Advise(i18n.Say("назовите больше знаков", "give more characters"))
}

// EachLetter calls f with every letter that was written or received, oldest first, one
// in memory at a time; one that cannot be read is passed over, for it was told of when
// it came.
func EachLetter(box Box, f func(l *Letter) error) error {
	ids, err := box.Letters()
	if err != nil {
		return err
	}
	for _, id := range ids {
		raw, err := box.Letter(id)
		if err != nil {
			return err
		}
		l, err := ParseLetter(raw)
		if err != nil {
			continue
		}
		if err := f(l); err != nil {
			return err
		}
	}
	return nil
}
