package journal_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// half is the first 32 hex digits of SHA-256, written out here so that the vectors
// do not come from the code they check.
func half(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

func TestTheBusinessKeyIsWhatItsDescriptionSays(t *testing.T) {
	uin := journal.Payment{Payer: "7707083893", UIN: "18810177230615123456", AmountKopecks: 50000}
	plain := journal.Payment{Payer: "7707083893", PayeeAccount: "03100643000000017300", KBK: "18210803010011050110",
		OKTMO: "45382000", Period: "МС.07.2026", AmountKopecks: 50000}
	for _, c := range []struct {
		name string
		p    journal.Payment
		want string
	}{
		{"with УИН", uin, "u:18810177230615123456:" + half("3:uin10:770708389320:18810177230615123456")},
		{"without УИН", plain, "r:" + half("10:requisites10:770708389320:0310064300000001730020:182108030100110501108:4538200012:МС.07.20265:50000")},
	} {
		if got := c.p.Key(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if got := uin.Key(); got != "u:18810177230615123456:"+fixedUIN {
		t.Errorf("the key changed between versions: %s", got)
	}
	if got := plain.Key(); got != "r:"+fixedPlain {
		t.Errorf("the key changed between versions: %s", got)
	}
}

func TestOnlyTheDebtEntersTheKey(t *testing.T) {
	base := journal.Payment{Payer: "7707083893", PayeeAccount: "03100643000000017300", KBK: "1", OKTMO: "2", Period: "3", AmountKopecks: 4}
	for name, c := range map[string]struct {
		change func(*journal.Payment)
		same   bool
	}{
		"the road":             {func(p *journal.Payment) { p.Via = journal.ViaBankFile }, true},
		"the run":              {func(p *journal.Payment) { p.Run, p.Row = "r", 5 }, true},
		"the payee's name":     {func(p *journal.Payment) { p.PayeeName = "x" }, true},
		"spaces in an account": {func(p *journal.Payment) { p.PayeeAccount = "0310 0643 0000 0001 7300" }, true},
		"an УИН of zeros":      {func(p *journal.Payment) { p.UIN = "0" }, true},
		"the payer":            {func(p *journal.Payment) { p.Payer = "7707083894" }, false},
		"the account":          {func(p *journal.Payment) { p.PayeeAccount = "03100643000000017301" }, false},
		"the КБК":              {func(p *journal.Payment) { p.KBK = "9" }, false},
		"the ОКТМО":            {func(p *journal.Payment) { p.OKTMO = "9" }, false},
		"the period":           {func(p *journal.Payment) { p.Period = "9" }, false},
		"the amount":           {func(p *journal.Payment) { p.AmountKopecks = 9 }, false},
		"an act code":          {func(p *journal.Payment) { p.ActCode = "0101" }, false},
		"an УИН":               {func(p *journal.Payment) { p.UIN = "18810177230615123456" }, false},
		"a moved boundary":     {func(p *journal.Payment) { p.KBK, p.OKTMO = "12", "" }, false},
	} {
		p := base
		c.change(&p)
		if (p.Key() == base.Key()) != c.same {
			t.Errorf("%s: same key is %v", name, !c.same)
		}
	}
	a := journal.Payment{Payer: "1", UIN: "188АБВ", AmountKopecks: 1}
	b := journal.Payment{Payer: "1", UIN: "188 абв", AmountKopecks: 2, Period: "x"}
	if a.Key() != b.Key() {
		t.Error("with УИН the amount or the letters' case entered the key")
	}
}

// Programmes before the act code was part of the key have left it out.
func TestAPaymentWithAnActCodeIsHeldByWhatIsKnownWithoutOne(t *testing.T) {
	p := journal.Payment{Payer: "7707083893", PayeeAccount: "03100643000000017300", AmountKopecks: 4}
	plain := p.Key()
	p.ActCode = "01 01"
	if got := p.Keys(); len(got) != 2 || got[0] != plain || got[1] != plain+":0101" || p.Key() != got[1] {
		t.Errorf("%q", got)
	}
	p.ActCode = ""
	if got := p.Keys(); len(got) != 1 || got[0] != plain {
		t.Errorf("%q", got)
	}
	p.UIN, p.ActCode = "18810177230615123456", "0101" // the УИН says it all
	if got := p.Keys(); len(got) != 1 || got[0] != p.Key() || got[0][:2] != "u:" {
		t.Errorf("%q", got)
	}
}

func TestTheSameApplicationHasTheSameContentKey(t *testing.T) {
	data, file := sha256.Sum256([]byte("data")), sha256.Sum256([]byte("file"))
	base := journal.ContentKey("112-233-445 95", "s", "t", data, journal.Attachment{Name: "a", SHA256: file})
	if got := journal.ContentKey("11223344595", "s", "t", data, journal.Attachment{Name: "a", SHA256: file}); got != base {
		t.Error("the spelling of the applicant changed the key")
	}
	for name, got := range map[string]string{
		"service":    journal.ContentKey("11223344595", "x", "t", data, journal.Attachment{Name: "a", SHA256: file}),
		"target":     journal.ContentKey("11223344595", "s", "x", data, journal.Attachment{Name: "a", SHA256: file}),
		"data":       journal.ContentKey("11223344595", "s", "t", file, journal.Attachment{Name: "a", SHA256: file}),
		"name":       journal.ContentKey("11223344595", "s", "t", data, journal.Attachment{Name: "b", SHA256: file}),
		"file":       journal.ContentKey("11223344595", "s", "t", data, journal.Attachment{Name: "a", SHA256: data}),
		"attachment": journal.ContentKey("11223344595", "s", "t", data),
	} {
		if got == base {
			t.Errorf("another %s has the same key", name)
		}
	}
}

func TestALinkBindsEveryField(t *testing.T) {
	base := journal.Event{Seq: 2, At: time.UnixMicro(1_800_000_000_000_001).UTC(), Subject: "s", Kind: "k", Previous: 1, Body: []byte(`{}`)}
	want := journal.Link(journal.Hash{1}, &base)
	if want.String() != fixedLink {
		t.Errorf("the link changed between versions: %s", want)
	}
	for name, change := range map[string]func(*journal.Event){
		"seq":      func(e *journal.Event) { e.Seq++ },
		"time":     func(e *journal.Event) { e.At = e.At.Add(time.Microsecond) },
		"previous": func(e *journal.Event) { e.Previous = 0 },
		"subject":  func(e *journal.Event) { e.Subject = "sk"; e.Kind = "" },
		"kind":     func(e *journal.Event) { e.Kind = "K" },
		"body":     func(e *journal.Event) { e.Body = []byte(`{ }`) },
	} {
		e := base
		change(&e)
		if journal.Link(journal.Hash{1}, &e) == want {
			t.Errorf("%s does not enter the hash", name)
		}
	}
	if journal.Link(journal.Hash{2}, &base) == want {
		t.Error("the event before does not enter the hash")
	}
	var h journal.Hash
	if text, err := want.MarshalText(); err != nil || h.UnmarshalText(text) != nil || h != want {
		t.Errorf("a hash does not survive its text: %v", err)
	}
	if h.UnmarshalText([]byte("00")) == nil {
		t.Error("a short hash was taken")
	}
}

// Computed by another programme from the descriptions of Key and Link.
const (
	fixedUIN   = "63774d50f50aa730318ee6aa4aa46c20"
	fixedPlain = "32ce512ffd82dc190dfdcffb008c09fa"
	fixedLink  = "ef971af9f61e2e2b7f7f712ed1b6c27775ef3b65e030636b436e7cc2e115a7a9"
)

func TestALinkAllocatesNothing(t *testing.T) {
	e := journal.Event{Seq: 1, At: time.UnixMicro(1), Subject: "0198c0de-0000-7000-8000-000000000000", Kind: journal.PaymentPlanned, Body: make([]byte, 700)}
	if n := testing.AllocsPerRun(100, func() { _ = journal.Link(journal.Hash{}, &e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
