package directbank_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/directbank"
)

func TestASessionLivesFiveMinutesAfterItsLastRequest(t *testing.T) {
	c := open(t)
	for range 3 {
		c.p.Clock.Advance(4 * time.Minute)
		c.list("")
	}
	c.p.Clock.Advance(5*time.Minute + time.Second)
	c.fails(wire.ErrSessionEnded, http.MethodGet, "GetPackList", nil)
	c.sid = "nobody"
	c.fails(wire.ErrSessionUnknown, http.MethodGet, "GetPackList", nil)
	c.sid = ""
	c.fails("1002", http.MethodGet, "GetPackList", nil)
}

func TestThreeWrongPasswordsBlockTheLoginForAMinute(t *testing.T) {
	c := stranger(t)
	for range 3 {
		if r := c.logon("wrong"); r.Error == nil || r.Error.Code != "1201" {
			t.Fatalf("%+v", r.Error)
		}
	}
	if r := c.logon(directbank.Password); r.Error == nil || r.Error.Code != "1203" {
		t.Errorf("the right password works at once: %+v", r.Error)
	}
	c.p.Clock.Advance(61 * time.Second)
	if r := c.logon(directbank.Password); r.Error != nil {
		t.Errorf("blocked for more than a minute: %+v", r.Error)
	}
	// Two in half a minute and one later do not add up.
	for range 2 {
		c.logon("wrong")
	}
	c.p.Clock.Advance(31 * time.Second)
	c.logon("wrong")
	if r := c.logon(directbank.Password); r.Error != nil {
		t.Errorf("three wrong ones in more than half a minute block: %+v", r.Error)
	}
}

func TestWhatASignInMustHave(t *testing.T) {
	c := stranger(t)
	c.fails("1002", http.MethodPost, "Logon", nil) // no Authorization
	c.fails("1003", http.MethodPost, "Logon", nil, "Authorization", basic(directbank.Password), "CustomerID", "DB-1")
	c.version = ""
	c.fails("1002", http.MethodPost, "Logon", nil, "Authorization", basic(directbank.Password))
	a := c.p.Do(nil, http.MethodPost, directbank.Base+"/Logon", nil, "APIVersion", "1.0", "CustomerID", "0", "Authorization", basic(directbank.Password))
	if a.Status != http.StatusUpgradeRequired || !strings.Contains(string(a.Body), wire.NewestVersion) {
		t.Errorf("an unknown version: %d %s", a.Status, a.Body)
	}
	c.p.Do(nil, http.MethodHead, directbank.Base+"/SendPack", nil).Want(http.StatusOK)
}

func TestAOneTimeCodeOpensTheSession(t *testing.T) {
	c := stranger(t, training.BankOTP)
	r := c.logon(directbank.Password)
	if r.Error != nil || r.Success.Logon.Extra == nil {
		t.Fatalf("%+v", r)
	}
	c.sid = r.Success.Logon.SID
	c.fails(wire.ErrSessionUnknown, http.MethodGet, "GetPackList", nil)
	c.fails("1204", http.MethodPost, "LogonOTP", nil, "OTP", "none")
	var users struct {
		Items []training.User `json:"items"`
	}
	c.p.Get(nil, training.Base+"/users").Want(http.StatusOK).Into(&users)
	code := ""
	for _, u := range users.Items {
		if len(u.Messages) > 0 {
			code = u.Messages[0].Code
		}
	}
	r = c.call(http.MethodPost, "LogonOTP", nil, "OTP", code)
	if r.Error != nil || r.Success.Logon.SID == c.sid {
		t.Fatalf("%+v: a new id is given", r)
	}
	c.sid = r.Success.Logon.SID
	c.list("")

	c.sid = c.logon(directbank.Password).Success.Logon.SID
	for range 3 {
		c.fails("1204", http.MethodPost, "LogonOTP", nil, "OTP", "none")
	}
	c.fails(wire.ErrSessionUnknown, http.MethodPost, "LogonOTP", nil, "OTP", "none")
}

func TestSettingsAreOfTheNewestVersionThatBothKnow(t *testing.T) {
	c := open(t)
	for _, v := range []struct{ asked, given string }{{"2.2.1", "2.2.1"}, {"2.3.2", "2.3.2"}, {"9.9.9", "2.1.1"}} {
		if s := c.settings("AvailableAPIVersion", v.asked); s.Data.FormatVersion != v.given || s.Data.Compress {
			t.Errorf("%s: %+v", v.asked, s.Data)
		}
	}
	c.fails("1012", http.MethodPost, "GetSettings", nil, "Inn", "7700000000", "Bic", directbank.BIC)
	c.fails("1013", http.MethodPost, "GetSettings", nil, "Inn", training.BankCustomer, "Bic", directbank.BIC, "Account", "1")
	c.deviate(training.BankZip, training.BankTwoSigners)
	s := c.settings()
	rule := ""
	for _, d := range s.Data.Documents {
		if d.Kind == wire.KindOrder && d.Signed != nil {
			rule = d.Signed.Rule
		}
	}
	if !s.Data.Compress || rule != "(11)" {
		t.Errorf("%+v", s.Data)
	}
}

// What becomes of an order by itself, day by day.
func TestAnOrderGoesItsWayByTheCalendar(t *testing.T) {
	b := open(t)
	for i, c := range []struct {
		way          string
		first, later string // the notices at once, and after a day more
		debits       string // of all orders so far
	}{
		{"", "01 02", "", "4035.00"},
		{training.BankSilent, "", "", "8070.00"},
		{training.BankTellsTwice, "01 01 02 02", "", "12105.00"},
		{training.BankRefuses, "03", "", "12105.00"},
		{training.BankSuspends, "01 04", "02", "16140.00"},
		{training.BankConfirms, "06", "02", "20175.00"},
		{training.BankTellsLate, "", "01 02", "24210.00"},
		{training.BankTellsLate + " " + training.BankTellsTwice, "", "01 01 02 02", "28245.00"},
	} {
		b.deviate(strings.Fields(c.way)...)
		id := b.newID()
		b.send(b.packet(b.order(id, strconv.Itoa(i+1))))
		docs, packets, _ := b.fetch()
		wanted := 1 // notices of the packet
		switch {
		case c.way == training.BankSilent:
			wanted = 0
		case strings.Contains(c.way, training.BankTellsTwice):
			wanted = 2
		}
		if got := codes(docs, id); got != c.first || len(packets) != wanted {
			t.Errorf("%q: %q, want %q; of the packet %v", c.way, got, c.first, packets)
		}
		b.p.Post(nil, training.Base+"/clock/advance", training.Advance{Seconds: 25 * 3600}).Want(http.StatusOK)
		docs, _, _ = b.fetch()
		if got := codes(docs, id); got != c.later {
			t.Errorf("%q: the next day %q, want %q", c.way, got, c.later)
		}
		if s, docs := b.statement(wire.StatementFinal, "2026-09-01", "2026-09-30"); s == nil || s.Data.Debits != c.debits {
			t.Errorf("%q: %+v %v, want debits %q", c.way, s, docs, c.debits)
		}
	}
}

func TestWhereTheBankLooksForRepeats(t *testing.T) {
	b := open(t)
	for i, c := range []struct {
		name, way string
		packet    string // what the packet's second copy is told
		told      string // what is told of packets then
		debits    string // of all so far
	}{
		{"at reception", "", wire.ErrPacketRepeated, "01", "4035.00"},
		{"in the queue", training.BankQueuesRepeats, "", "01 2002", "8070.00"},
		{"nowhere", training.BankTakesRepeats, "", "01 01", "16140.00"},
	} {
		b.deviate(strings.Fields(c.way)...)
		packet := b.packet(b.order(b.newID(), strconv.Itoa(i+1)))
		first := b.send(packet)
		switch r := b.call(http.MethodPost, "SendPack", packet); {
		case c.packet != "" && (r.Error == nil || r.Error.Code != c.packet):
			t.Errorf("%s: %+v", c.name, r)
		case c.packet == "" && (r.Error != nil || r.Success.SendPacket.ID == first):
			t.Errorf("%s: %+v", c.name, r)
		}
		_, packets, _ := b.fetch()
		var said []string
		for _, n := range packets {
			said = append(said, n.code)
		}
		if got := strings.Join(said, " "); got != c.told {
			t.Errorf("%s: of packets %q, want %q", c.name, got, c.told)
		}
		if s, _ := b.statement(wire.StatementFinal, "2026-09-01", "2026-09-01"); s == nil || s.Data.Debits != c.debits {
			t.Errorf("%s: %+v, want debits %s", c.name, s, c.debits)
		}
	}
}

func TestARepeatedDocumentAndASecondOneOfTheNumber(t *testing.T) {
	b := open(t)
	id, other := b.newID(), b.newID()
	b.send(b.packet(b.order(id, "7")))
	b.send(b.packet(b.order(id, "8")))
	b.send(b.packet(b.order(other, "7")))
	docs, _, _ := b.fetch()
	if got := codes(docs, id); !strings.Contains(got, "01") || !strings.Contains(got, wire.ErrDocRepeated) {
		t.Errorf("of the document: %q", got)
	}
	if got := codes(docs, other); got != wire.ErrDocLike {
		t.Errorf("of the other one: %q", got)
	}
	// The number of a refused order is free.
	b.deviate(training.BankRefuses)
	refused, again := b.newID(), b.newID()
	b.send(b.packet(b.order(refused, "9")))
	b.fetch()
	b.deviate()
	b.send(b.packet(b.order(again, "9")))
	if docs, _, _ = b.fetch(); codes(docs, again) != "01 02" {
		t.Errorf("after a refusal: %q", codes(docs, again))
	}
}

func TestAStatusRequestAndARecallAreAnswered(t *testing.T) {
	b := open(t, training.BankConfirms)
	id := b.newID()
	ask := func(kind wire.Kind, of string) (request string, docs []told) {
		request = b.newID()
		var doc any = wire.StatusRequest{Head: b.head(request), Sender: b.party(), Recipient: bank(), ExtID: of}
		if kind == wire.KindRecall {
			doc = wire.Recall{Head: b.head(request), Sender: b.party(), Recipient: bank(), ExtID: of}
		}
		b.send(b.packet(b.document(kind, request, doc)))
		docs, _, _ = b.fetch()
		return request, docs
	}
	b.send(b.packet(b.order(id, "7")))
	b.fetch()
	for _, c := range []struct {
		kind wire.Kind
		of   string
		want string
	}{
		{wire.KindStatusRequest, id, wire.StatusUnconfirmed}, {wire.KindStatusRequest, strings.ToUpper(id), wire.StatusUnconfirmed},
		{wire.KindRecall, id, wire.StatusAnnulled}, {wire.KindStatusRequest, id, wire.StatusAnnulled},
	} {
		request, docs := ask(c.kind, c.of)
		if !slices.ContainsFunc(docs, func(n told) bool { return n.request == request && n.code == c.want && n.ext == c.of }) {
			t.Errorf("%s of %s: %v", c.kind, c.of, docs)
		}
	}
	// Of what it does not know both ids are those of the request.
	if request, docs := ask(wire.KindStatusRequest, b.newID()); len(docs) != 1 || docs[0] != (told{request, request, wire.ErrDocUnknown}) {
		t.Errorf("of an unknown document: %v", docs)
	}
	b.deviate()
	executed := b.newID()
	b.send(b.packet(b.order(executed, "8")))
	b.fetch()
	if _, docs := ask(wire.KindRecall, executed); codes(docs, executed) != wire.StatusExecuted {
		t.Errorf("what is executed is not recalled: %v", docs)
	}
}

func TestStatementsOfEveryType(t *testing.T) {
	b := open(t)
	id := b.newID()
	b.send(b.packet(b.order(id, "7")))
	b.fetch()
	for _, c := range []struct {
		kind, from, to   string
		operations       int
		opening, closing string
	}{
		{wire.StatementFinal, "2026-09-01", "2026-09-01", 1, "500000000.00", "499995965.00"},
		{wire.StatementFinal, "2026-08-01", "2026-08-31", 0, "500000000.00", "500000000.00"},
		{wire.StatementIntermediate, "2020-01-01", "2020-01-01", 1, "500000000.00", "499995965.00"},
		{wire.StatementBalance, "2020-01-01", "2020-01-01", 0, "500000000.00", "499995965.00"},
	} {
		s, docs := b.statement(c.kind, c.from, c.to)
		if s == nil {
			t.Fatalf("%+v: %v", c, docs)
		}
		d := &s.Data
		if d.Type != c.kind || len(d.Operations) != c.operations || d.Opening != c.opening || d.Closing != c.closing {
			t.Errorf("%+v: %d operations, %s to %s", c, len(d.Operations), d.Opening, d.Closing)
		}
		if c.operations == 1 && (d.Operations[0].ExtID != id || d.Operations[0].DC != wire.DebitOperation || d.Operations[0].Document.PayDocRu.Number != "7") {
			t.Errorf("%+v", d.Operations[0])
		}
	}
	for _, days := range [][2]string{{"2026-09-02", "2026-09-01"}, {"2020-01-01", "2026-09-01"}, {"2026-09-05", "2026-09-06"}, {"x", "y"}} {
		if s, docs := b.statement(wire.StatementFinal, days[0], days[1]); s != nil || len(docs) != 1 || docs[0].code != "2206" {
			t.Errorf("%v: %v %v", days, s, docs)
		}
	}
	b.deviate(training.BankNoExtID, training.BankZones)
	if s, _ := b.statement(wire.StatementFinal, "2026-09-01", "2026-09-01"); s.Data.Operations[0].ExtID != "" || s.Data.Operations[0].Day != "2026-09-01Z" {
		t.Errorf("%+v", s.Data.Operations[0])
	}
	b.account = "40702810500000000102"
	if s, docs := b.statement(wire.StatementFinal, "2026-09-01", "2026-09-01"); s != nil || len(docs) != 1 || docs[0].code != "1013" {
		t.Errorf("an account of somebody else: %v %v", s, docs)
	}
}

func TestTheWaysOfAListOfPackets(t *testing.T) {
	b := open(t)
	b.send(b.packet(b.order(b.newID(), "7")))
	all := b.list("")
	if len(all.IDs) != 3 || all.Mark == "" { // of the packet, accepted, executed
		t.Fatalf("%+v", all)
	}
	if l := b.list("01.09.2027 00:00:00"); len(l.IDs) != 0 || l.Mark != "" {
		t.Errorf("of a year later: %+v", l)
	}
	mark, err := time.Parse("2006-01-02T15:04:05", all.Mark)
	if err != nil {
		t.Fatal(err)
	}
	if l := b.list(mark.Format("02.01.2006 15:04:05")); !slices.Contains(l.IDs, all.IDs[2]) {
		t.Errorf("the moment itself is left out: %+v", l)
	}
	b.fails("2101", http.MethodGet, "GetPackList?date=2026-09-01", nil)
	b.fails(wire.ErrPacketNotFound, http.MethodGet, "GetPack?id=nobody", nil)

	b.deviate(training.BankOutOfOrder, training.BankNoMark)
	if l := b.list(""); l.IDs[0] != all.IDs[2] || l.Mark != "" {
		t.Errorf("%+v", l)
	}
	b.deviate(training.BankZones)
	if l := b.list(""); l.Mark != all.Mark+".000Z" {
		t.Errorf("%+v", l)
	}
	b.deviate(training.BankDateAlways)
	b.fails("2101", http.MethodGet, "GetPackList", nil)
	b.deviate(training.BankUnreadOnly)
	b.call(http.MethodGet, "GetPack?id="+all.IDs[0], nil)
	if l := b.list(""); len(l.IDs) != 2 {
		t.Errorf("a packet that was fetched is listed: %+v", l)
	}
}

func TestWhatIsWrongWithAPacketOrADocumentIsTold(t *testing.T) {
	b := open(t)
	b.fails("2001", http.MethodPost, "SendPack", []byte("<Packet"))
	own := b.id
	b.id = "0" // in the documents only: the session knows the customer
	b.send(b.packet(b.order(b.newID(), "1")))
	if _, packets, _ := b.fetch(); len(packets) != 1 || packets[0].code != "2004" {
		t.Errorf("an unknown sender: %v", packets)
	}
	b.id = own
	for _, c := range []struct {
		name, want string
		spoil      func(d *wire.Document)
	}{
		{"encrypted", "2010", func(d *wire.Document) { d.Encrypted = true }},
		{"no archive", "2011", func(d *wire.Document) { d.Compressed = true }},
		{"a kind that it does not take", "2007", func(d *wire.Document) { d.Kind = "11" }},
		{"no base64", "2001", func(d *wire.Document) { d.Data.Text = "?" }},
		{"another id inside", "2201", func(d *wire.Document) { d.ID = b.newID() }},
		{"a signature that is none", "2015", func(d *wire.Document) { d.Signatures = []wire.Signature{{SignedData: "AA=="}} }},
	} {
		d := b.order(b.newID(), "7")
		c.spoil(&d)
		b.send(b.packet(d))
		if docs, _, _ := b.fetch(); codes(docs, d.ID) != c.want {
			t.Errorf("%s: %v", c.name, docs)
		}
	}
	b.deviate(training.BankSigned)
	d := b.order(b.newID(), "7")
	b.send(b.packet(d))
	if docs, _, _ := b.fetch(); codes(docs, d.ID) != "2013" {
		t.Errorf("without a signature: %v", docs)
	}
}
