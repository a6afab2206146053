package sim

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

// This file is the model of a bank that speaks DirectBank, and of the way to it. It
// keeps the standard's promises and no other: a packet that was answered by an id is
// there, an order is executed at most once under its id, and what is refused or
// annulled is never executed. A copy that the network makes is answered as a copy
// (2002, 2202, 2203); one that the client sends may be refused as if it were an order
// of its own, and where the section does not say that the bank knows repeats some banks
// execute it as a second document.

// direct is the bank.
type direct struct {
	w        *directWorld
	calm     bool
	keeps    bool            // repeats of a packet are known at once, until the next restart
	lossy    bool            // many answers to packets are lost, and many packets doubled
	knows    map[string]bool // ids of packets, forgotten by a restart
	sessions map[string]bool
	logons   int
	orders   []*placed // as they came
	queue    []func()  // what was received and not parsed yet
	leaving  []string  // documents that are ready and in no packet yet
	packets  []outgoing
	late     [][]byte       // packets of the client that wander about in the network
	sent     map[string]int // how often a packet of the client's may have come
	clock    time.Time      // the bank's, which nobody sets back
	ids      int
}

// placed is an order at the bank.
type placed struct {
	id, key, number string
	packet          string
	order           wire.Order
	status          string // "" until it is parsed
	failure         string // the error by which it was refused
	day             time.Time
}

// outgoing is a packet for the client.
type outgoing struct {
	id   string
	at   time.Time
	docs []string
}

func (p *placed) over() bool {
	return p.status == wire.StatusExecuted || p.status == wire.StatusRefused || p.status == wire.StatusAnnulled
}

// gone says that the order will never be executed.
func (p *placed) gone() bool {
	return p.status == wire.StatusRefused || p.status == wire.StatusAnnulled
}

func newDirect(w *directWorld) *direct {
	return &direct{w: w, keeps: w.rnd.IntN(3) == 0, lossy: w.rnd.IntN(2) == 0, knows: map[string]bool{}, sessions: map[string]bool{}, sent: map[string]int{}, clock: w.now}
}

func (d *direct) order(id string) *placed {
	i := slices.IndexFunc(d.orders, func(p *placed) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return d.orders[i]
}

// one reports a chance of one in n.
func (d *direct) one(n int) bool { return d.w.rnd.IntN(n) == 0 }

const xmlns = ` xmlns="http://directbank.1c.ru/XMLSchema" formatVersion="2.3.2"`

func resultBank(inner string) string {
	return `<ResultBank` + xmlns + `>` + inner + `</ResultBank>`
}
func succeeds(inner string) string { return resultBank(`<Success>` + inner + `</Success>`) }
func errs(code string) string {
	return resultBank(`<Error><Code>` + code + `</Code><Description>слова банка</Description></Error>`)
}

// receive takes a packet in and answers.
func (d *direct) receive(body []byte) string {
	var p wire.PacketRoot
	if err := client.Decode(body, &p); err != nil || p.ID == "" {
		return errs("2001")
	}
	if d.keeps && d.knows[p.ID] {
		return errs(wire.ErrPacketRepeated)
	}
	d.knows[p.ID] = true
	d.ids++
	for i := range p.Documents {
		doc := &p.Documents[i]
		raw, err := client.Open(doc)
		if err != nil {
			d.w.broken("a document of the client's cannot be read: %w", err)
			continue
		}
		d.take(p.ID, doc, raw)
	}
	return succeeds(fmt.Sprintf(`<SendPacketResponse><ID>%d</ID></SendPacketResponse>`, d.ids))
}

// take receives one document; requests are parsed later.
func (d *direct) take(packet string, doc *wire.Document, raw []byte) {
	switch doc.Kind {
	case wire.KindOrder:
		var o wire.PayDocRu
		if err := client.Decode(raw, &o); err != nil || o.ID != doc.ID {
			d.w.broken("an order cannot be read: %v", err)
			return
		}
		d.place(packet, &o)
	case wire.KindStatusRequest:
		var q wire.StatusRequest
		if err := client.Decode(raw, &q); err != nil {
			d.w.broken("a question cannot be read: %w", err)
			return
		}
		d.queue = append(d.queue, func() { d.answer(q.ID, q.ExtID) })
	case wire.KindRecall:
		var q wire.Recall
		if err := client.Decode(raw, &q); err != nil {
			d.w.broken("a recall cannot be read: %w", err)
			return
		}
		d.queue = append(d.queue, func() { d.recall(q.ID, q.ExtID) })
	case wire.KindStatementRequest:
		var q wire.StatementRequest
		if err := client.Decode(raw, &q); err != nil {
			d.w.broken("a request for a statement cannot be read: %w", err)
			return
		}
		d.queue = append(d.queue, func() { d.statement(q.ID, q.Data.Type) })
	}
}

// place takes an order, or a copy of one.
func (d *direct) place(packet string, o *wire.PayDocRu) {
	key := "requisites " + o.Data.Payee.Account + " " + o.Data.Budget.Period
	if d.order(o.ID) != nil {
		d.w.log("bank: a copy of order %s", o.Data.Number)
		theirs := d.sent[packet] > 1
		if theirs && d.w.naive {
			second := &placed{id: o.ID, key: key, number: o.Data.Number, packet: packet, order: o.Data}
			d.orders = append(d.orders, second)
			d.queue = append(d.queue, func() { second.status = wire.StatusAccepted })
			return
		}
		d.queue = append(d.queue, func() {
			switch n := d.w.rnd.IntN(4); {
			case theirs && n < 3: // a second document as far as this bank knows
				d.tell(o.ID, "", wire.StatusRefused, "")
			case n < 2:
				d.tell(o.ID, "", "", wire.ErrDocLike)
			default:
				d.tell(o.ID, "", "", wire.ErrDocRepeated)
			}
		})
		return
	}
	for _, other := range d.orders {
		if other.key == key && !other.gone() {
			d.w.broken("the bank has two orders for %s: %s and %s", key, other.id, o.ID)
		}
		if other.number == o.Data.Number && other.order.Day[:4] == o.Data.Day[:4] {
			d.w.broken("two orders have number %s", o.Data.Number)
		}
	}
	p := &placed{id: o.ID, key: key, number: o.Data.Number, packet: packet, order: o.Data}
	d.orders = append(d.orders, p)
	d.w.log("bank: order %s for %s, %s", p.number, key, tail(p.id))
	d.queue = append(d.queue, func() {
		if p.status != "" { // recalled, or refused with its packet, before it was parsed
			return
		}
		inside := func(yield func(*placed) bool) {
			for _, other := range d.orders {
				if other.packet == packet && !yield(other) {
					return
				}
			}
		}
		untouched := true
		for other := range inside {
			untouched = untouched && other.status == ""
		}
		switch n := d.w.rnd.IntN(14); {
		case n == 0:
			p.status = wire.StatusRefused
			d.tell(p.id, "", p.status, "")
		case n == 1:
			p.status, p.failure = wire.StatusRefused, "2205"
			d.tell(p.id, "", "", p.failure)
		case n == 2 && untouched: // the whole packet is refused late
			for other := range inside {
				other.status, other.failure = wire.StatusRefused, "2004"
			}
			d.tellOfPacket(packet, p.failure)
		default:
			p.status = wire.StatusAccepted
			if d.one(2) {
				d.tell(p.id, "", p.status, "")
			}
			if d.one(3) {
				d.tellOfPacket(packet, "")
			}
		}
		d.w.log("bank: order %s is %s %s", p.number, p.status, p.failure)
	})
}

// move lets one order go on.
func (d *direct) move() {
	var open []*placed
	for _, p := range d.orders {
		if p.status != "" && !p.over() {
			open = append(open, p)
		}
	}
	if len(open) == 0 {
		return
	}
	p := open[d.w.rnd.IntN(len(open))]
	old := p.status
	switch n := d.w.rnd.IntN(10); {
	case n < 5 || d.calm && n < 8:
		p.status, p.day = wire.StatusExecuted, d.clock
		if o, err := time.Parse(time.DateOnly, p.order.Day); err == nil && p.day.Before(o) {
			p.day = o
		}
		d.w.executed = append(d.w.executed, p)
	case n < 6 && old == wire.StatusUnconfirmed:
		p.status = wire.StatusAnnulled
	case n < 7:
		p.status = wire.StatusRefused
	case old == wire.StatusAccepted && n < 9:
		p.status = wire.StatusSuspended
	case old == wire.StatusAccepted:
		p.status = wire.StatusUnconfirmed
	default:
		return
	}
	d.w.log("bank: order %s is %s", p.number, p.status)
	if p.gone() || d.one(2) {
		d.tell(p.id, "", p.status, "")
	}
}

func envelope(kind wire.Kind, id, ext, doc string) string {
	return `<Document id="` + id + `" dockind="` + string(kind) + `" formatVersion="2.3.2" extID="` + ext + `"><Data>` + base64.StdEncoding.EncodeToString([]byte(doc)) + `</Data></Document>`
}

func (d *direct) newID() string {
	d.ids++
	return fmt.Sprintf("b-%d", d.ids)
}

func verdictOf(status, failure string) string {
	if failure != "" {
		return `<Result><Error><Code>` + failure + `</Code><Description>слова банка</Description></Error></Result>`
	}
	return `<Result><Status><Code>` + status + `</Code></Status></Result>`
}

// tell makes a notice about a document; request is the question that it answers.
func (d *direct) tell(ext, request, status, failure string) {
	id := d.newID()
	answers := ""
	if request != "" {
		answers = `<ExtIDStatusRequest>` + request + `</ExtIDStatusRequest>`
	}
	d.leaving = append(d.leaving, envelope(wire.KindDocNotice, id, ext, `<StatusDocNotice`+xmlns+` id="`+id+`" creationDate="2026-07-01T00:00:00"><ExtID>`+ext+`</ExtID>`+verdictOf(status, failure)+answers+`</StatusDocNotice>`))
}

func (d *direct) tellOfPacket(packet, failure string) {
	id := d.newID()
	d.leaving = append(d.leaving, envelope(wire.KindPacketNotice, id, packet, `<StatusPacketNotice`+xmlns+` id="`+id+`" creationDate="2026-07-01T00:00:00"><IDResultSuccessResponse>1</IDResultSuccessResponse>`+
		verdictOf(wire.StatusAccepted, failure)+`<ExtIDPacket>`+packet+`</ExtIDPacket></StatusPacketNotice>`))
}

// answer answers a question about an order.
func (d *direct) answer(request, ext string) {
	p := d.order(ext)
	switch {
	case p == nil, p.status == "":
		d.tell(request, request, "", wire.ErrDocUnknown)
	case p.failure != "":
		d.tell(ext, request, "", p.failure)
	default:
		d.tell(ext, request, p.status, "")
	}
}

// recall withdraws an order, or says in one of the standard's ways that it does not.
func (d *direct) recall(request, ext string) {
	p := d.order(ext)
	switch {
	case p == nil:
		d.tell(request, request, "", wire.ErrDocUnknown)
	case !p.over() && d.one(2):
		p.status = wire.StatusAnnulled
		d.w.log("bank: order %s is recalled", p.number)
		d.tell(ext, request, p.status, "")
	case d.one(2): // its signature, its requisites
		d.tell(ext, request, "", []string{"2014", "2205"}[d.w.rnd.IntN(2)])
	default:
		d.tell(ext, request, wire.StatusRefused, "")
	}
}

// statement makes a statement: whole or of a part of the days, final or intermediate,
// and sometimes cut off. An intermediate one has what may still come to nothing.
func (d *direct) statement(request, kind string) {
	var body strings.Builder
	n := len(d.w.executed)
	if !d.calm && d.one(3) { // earlier days alone
		n = d.w.rnd.IntN(n + 1)
	}
	operation := func(p *placed, day time.Time) {
		o := &p.order
		ext := `<ExtID>` + p.id + `</ExtID>`
		if d.w.bare {
			ext = ""
		}
		fmt.Fprintf(&body, `<OperationInfo><PayDoc id="%s" docKind="10"><PayDocRu><DocNo>%s</DocNo><DocDate>%s</DocDate><Sum>%s</Sum><Payer><Name>Три кита</Name><INN>%s</INN><Account>%s</Account></Payer><Payee><Name>УФК</Name><INN>%s</INN><Account>%s</Account></Payee><Code>0</Code><Purpose>Госпошлина</Purpose></PayDocRu></PayDoc><DC>1</DC><Date>%s</Date>%s</OperationInfo>`,
			"op-"+p.id, o.Number, o.Day, o.Sum, o.Payer.INN, o.Payer.Account, o.Payee.INN, o.Payee.Account, day.Format(time.DateOnly), ext)
	}
	for _, p := range d.w.executed[:n] {
		operation(p, p.day)
	}
	if kind == wire.StatementIntermediate {
		for _, p := range d.orders {
			if p.status == wire.StatusAccepted || p.status == wire.StatusSuspended {
				operation(p, d.clock)
			}
		}
	}
	id := d.newID()
	text := `<Statement` + xmlns + ` id="` + id + `" creationDate="2026-07-01T00:00:00"><Data><StatementType>` + kind + `</StatementType><DateTo>2026-12-31T00:00:00</DateTo><Account>` + bankPayer().Account + `</Account>` + body.String() +
		`<ClosingBalance>1</ClosingBalance></Data><ExtIDStatementRequest>` + request + `</ExtIDStatementRequest></Statement>`
	if !d.calm && d.one(8) {
		text = text[:len(text)*(1+d.w.rnd.IntN(9))/10]
	}
	d.leaving = append(d.leaving, envelope(wire.KindStatement, id, request, text))
}

// work parses, executes, or lets something leave; it reports whether there was anything.
func (d *direct) work() bool {
	d.clock = d.clock.Add(time.Minute)
	switch n := d.w.rnd.IntN(3); {
	case n == 0 && len(d.queue) > 0:
		i := d.w.rnd.IntN(len(d.queue)) // in any order
		f := d.queue[i]
		d.queue = slices.Delete(d.queue, i, i+1)
		f()
	case n == 1 && len(d.leaving) > 0: // late, and not in the order in which it was made
		i := d.w.rnd.IntN(len(d.leaving))
		doc := d.leaving[i]
		if d.calm || !d.one(6) { // else it is told twice
			d.leaving = slices.Delete(d.leaving, i, i+1)
		}
		d.packets = append(d.packets, outgoing{d.newID(), d.clock, []string{doc}})
	default:
		d.move()
	}
	return len(d.queue)+len(d.leaving) > 0 || slices.ContainsFunc(d.orders, func(p *placed) bool { return !p.over() })
}

// restart forgets sessions and the ids that were to be known again.
func (d *direct) restart() {
	d.w.log("bank: restarts")
	clear(d.sessions)
	clear(d.knows)
	d.clock = d.clock.Add(time.Duration(d.w.rnd.IntN(40)) * time.Hour)
}

// arrive lets one wandering packet reach the bank.
func (d *direct) arrive() {
	if len(d.late) == 0 {
		return
	}
	i := d.w.rnd.IntN(len(d.late))
	body := d.late[i]
	d.late = slices.Delete(d.late, i, i+1)
	d.w.log("net: a late packet arrives")
	d.receive(body)
}

// wireTo is a process's way to the bank.
type wireTo struct {
	d *direct
	c *clerk
}

// RoundTrip carries one request over a network that does what networks do.
func (l wireTo) RoundTrip(r *http.Request) (*http.Response, error) {
	d := l.d
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if method == "SendPack" {
		l.c.pause("before " + method)
		l.leaves(body)
	}
	answer, err := l.carry(r, method, body)
	if method == "SendPack" || method == "GetPackList" {
		l.c.pause("after " + method)
	}
	if err != nil {
		d.w.log("net: %s: %v", method, err)
	}
	return answer, err
}

func (l wireTo) carry(r *http.Request, method string, body []byte) (*http.Response, error) {
	d := l.d
	counted := false
	reaches := func() { // how often a packet of the client's may have come, not counting what the network doubles
		if method == "SendPack" && d.sessions[sid(r)] && !counted {
			counted = true
			d.sent[packetIn(body)]++
		}
	}
	own := func() string {
		reaches()
		return d.speak(r, method, body)
	}
	if d.calm {
		return reply(r, http.StatusOK, own()), nil
	}
	if method == "SendPack" && d.lossy && d.sessions[sid(r)] && d.one(3) {
		text := own()
		if d.one(3) {
			d.late = append(d.late, body)
			return reply(r, http.StatusOK, text), nil
		}
		return nil, errWire
	}
	switch n := d.w.rnd.IntN(60); {
	case n < 2:
		return nil, &net.OpError{Op: "dial", Err: errWire}
	case n < 4: // lost on the way there
		return nil, errWire
	case n < 6 && method == "SendPack" && d.sessions[sid(r)]: // still on the way there
		reaches()
		d.late = append(d.late, body)
		return nil, errWire
	case n < 9: // lost on the way back
		own()
		return nil, errWire
	case n < 10 && method == "SendPack" && d.sessions[sid(r)]: // duplicated on the way
		d.late = append(d.late, body)
		return reply(r, http.StatusOK, own()), nil
	case n < 13: // something in between answers, before or after
		if d.one(2) {
			own()
		}
		return reply(r, statuses[d.w.rnd.IntN(len(statuses))], []string{"<html>Доступ ограничен</html>", "", `{"code":"blocked"}`}[d.w.rnd.IntN(3)]), nil
	case n < 14: // the answer is cut
		text := own()
		return reply(r, http.StatusOK, text[:d.w.rnd.IntN(len(text))]), nil
	case n < 16: // the bank does not look at it
		return reply(r, http.StatusOK, errs([]string{"1001", "1008"}[d.w.rnd.IntN(2)])), nil
	case n < 18: // the bank's failure, before or after it was taken
		if d.one(2) {
			own()
		}
		return reply(r, []int{200, 500}[d.w.rnd.IntN(2)], errs([]string{wire.ErrReceivingFailed, wire.ErrInternal}[d.w.rnd.IntN(2)])), nil
	case n < 20: // the session is over
		delete(d.sessions, sid(r))
	}
	return reply(r, http.StatusOK, own()), nil
}

func packetIn(body []byte) string {
	var p wire.PacketRoot
	if err := client.Decode(body, &p); err != nil {
		return "" // leaves says so
	}
	return p.ID
}

func sid(r *http.Request) string {
	for name, v := range r.Header { // the client writes the name as banks do, in capitals
		if strings.EqualFold(name, "SID") && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

func reply(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": []string{"application/xml"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// speak is the bank's own answer.
func (d *direct) speak(r *http.Request, method string, body []byte) string {
	if method == "Logon" {
		d.logons++
		s := fmt.Sprintf("sid-%d", d.logons)
		d.sessions[s] = true
		return succeeds(`<LogonResponse><SID>` + s + `</SID></LogonResponse>`)
	}
	if !d.sessions[sid(r)] {
		return errs([]string{wire.ErrSessionEnded, wire.ErrSessionUnknown}[d.w.rnd.IntN(2)])
	}
	switch method {
	case "SendPack":
		return d.receive(body)
	case "GetPackList":
		return d.list(r.URL.RawQuery)
	case "GetPack":
		id, err := url.QueryUnescape(strings.TrimPrefix(r.URL.RawQuery, "id="))
		i := slices.IndexFunc(d.packets, func(p outgoing) bool { return p.id == id })
		if err != nil || i < 0 {
			return errs(wire.ErrPacketNotFound)
		}
		return succeeds(`<GetPacketResponse id="` + id + `" formatVersion="2.3.2" creationDate="2026-07-01T00:00:00"><Sender><Bank bic="044525225"/></Sender><Recipient><Customer id="1"/></Recipient>` + strings.Join(d.packets[i].docs, "") + `</GetPacketResponse>`)
	}
	return errs("1002")
}

// list names the packets since a mark of the bank's clock.
func (d *direct) list(query string) string {
	var since time.Time
	if mark, ok := strings.CutPrefix(query, "date="); ok {
		text, err := url.QueryUnescape(mark)
		if err == nil {
			since, err = time.Parse(client.MarkLayout, text)
		}
		if err != nil {
			d.w.broken("the mark %q cannot be read: %w", query, err)
		}
	}
	var out strings.Builder
	for _, p := range d.packets {
		if !p.at.Before(since) {
			out.WriteString(`<PacketID>` + p.id + `</PacketID>`)
		}
	}
	return succeeds(`<GetPacketListResponse TimeStampLastPacket="` + d.clock.Format("2006-01-02T15:04:05") + `">` + out.String() + `</GetPacketListResponse>`)
}

var errNoPayment = errors.New("simulated: the order is not in the journal")

// leaves holds a packet that goes out against the journal: each of its orders must
// durably be sending under it, or unknown when it goes once more as a question.
func (l wireTo) leaves(body []byte) {
	var p wire.PacketRoot
	if err := client.Decode(body, &p); err != nil {
		l.d.w.broken("a packet that cannot be read left: %w", err)
		return
	}
	for i := range p.Documents {
		if p.Documents[i].Kind == wire.KindOrder {
			l.order(context.Background(), p.ID, &p.Documents[i])
		}
	}
}
