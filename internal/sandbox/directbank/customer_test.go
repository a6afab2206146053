package directbank_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/directbank"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

// customer is a program of the demo company that speaks to the bank by hand.
type customer struct {
	t       *testing.T
	p       *portaltest.Portal
	sid     string
	id      string
	account string
	version string
	n       int // ids made
	seen    map[string]bool
}

// open opens a portal whose bank deviates in these ways, and signs in.
func open(t *testing.T, ways ...string) *customer {
	t.Helper()
	c := stranger(t, ways...)
	c.sid = c.logon(directbank.Password).Success.Logon.SID
	c.settings()
	return c
}

// stranger is a customer that has not signed in.
func stranger(t *testing.T, ways ...string) *customer {
	t.Helper()
	c := &customer{t: t, p: portaltest.Open(t, training.OutcomeApprove), id: "0", version: wire.NewestVersion, seen: map[string]bool{}}
	if len(ways) > 0 {
		c.deviate(ways...)
	}
	return c
}

func (c *customer) deviate(ways ...string) {
	c.t.Helper()
	ways = append([]string{}, ways...) // none is an empty list
	body, err := json.Marshal(training.Faults{BankWays: &ways})
	if err != nil {
		c.t.Fatal(err)
	}
	c.p.Do(nil, http.MethodPut, training.Base+"/faults", body).Want(http.StatusOK)
}

// call makes one request; what the bank says always comes with status 200.
func (c *customer) call(method, name string, body []byte, headers ...string) *wire.ResultBank {
	c.t.Helper()
	h := []string{"Content-Type", wire.MediaType, "APIVersion", c.version, "CustomerID", c.id}
	if c.sid != "" {
		h = append(h, "SID", c.sid)
	}
	a := c.p.Do(nil, method, directbank.Base+"/"+name, body, append(h, headers...)...).Want(http.StatusOK)
	var r wire.ResultBank
	c.read(a.Body, &r)
	if (r.Success == nil) == (r.Error == nil) {
		c.t.Fatalf("%s answers both or neither: %s", name, a.Body)
	}
	return &r
}

func (c *customer) read(raw []byte, v any) {
	c.t.Helper()
	if err := xml.Unmarshal(bytes.TrimPrefix(raw, []byte(wire.BOM)), v); err != nil {
		c.t.Fatalf("%v: %s", err, raw)
	}
}

// fails makes a request that the bank answers with this code.
func (c *customer) fails(code, method, name string, body []byte, headers ...string) {
	c.t.Helper()
	if r := c.call(method, name, body, headers...); r.Error == nil || r.Error.Code != code {
		c.t.Errorf("%s: %+v, want error %s", name, r.Error, code)
	}
}

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(training.BankCustomer+":"+password))
}

func (c *customer) logon(password string) *wire.ResultBank {
	c.t.Helper()
	return c.call(http.MethodPost, "Logon", nil, "Authorization", basic(password))
}

// settings asks for the settings and takes the account and the id from them.
func (c *customer) settings(headers ...string) *wire.Settings {
	c.t.Helper()
	h := append([]string{"Inn", training.BankCustomer, "Bic", directbank.BIC, "AvailableAPIVersion", wire.NewestVersion}, headers...)
	r := c.call(http.MethodPost, "GetSettings", nil, h...)
	if r.Error != nil {
		c.t.Fatalf("%+v", r.Error)
	}
	raw, err := base64.StdEncoding.DecodeString(r.Success.GetSettings.Data.Text)
	if err != nil {
		c.t.Fatal(err)
	}
	var s wire.Settings
	c.read(raw, &s)
	c.id = s.Data.CustomerID
	for key := range 10 { // one digit makes the account fit the bank
		account := fmt.Sprintf("40702810%d00000000101", key)
		if _, err := requisites.ParseAccountAt(account, directbank.BIC); err == nil {
			c.account = account
		}
	}
	return &s
}

// newID is the id of a document or a packet.
func (c *customer) newID() string {
	c.n++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", c.n)
}

func (c *customer) head(id string) wire.Head {
	return wire.Head{ID: id, FormatVersion: c.version, CreationDate: "2026-09-01T12:00:00"}
}

func (c *customer) party() wire.Customer {
	return wire.Customer{ID: c.id, INN: training.BankCustomer}
}

func bank() wire.Bank { return wire.Bank{BIC: directbank.BIC} }

// order is a state duty of 4035.00 to the budget.
func (c *customer) order(id, number string) wire.Document {
	return c.document(wire.KindOrder, id, wire.PayDocRu{Head: c.head(id), Sender: c.party(), Recipient: bank(), Data: wire.Order{
		Number: number, Day: "2026-09-01", Sum: "4035.00", Purpose: "Госпошлина", UIN: "0",
		Payer: wire.Side{Name: "Ромашка", INN: training.BankCustomer, Account: c.account, Bank: &wire.AtBank{BIC: directbank.BIC}},
		Payee: wire.Side{Name: "УФК по г. Москве", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300", Bank: &wire.AtBank{BIC: "004525988", Account: "40102810545370000003"}}}})
}

func (c *customer) document(kind wire.Kind, id string, doc any) wire.Document {
	raw := c.written(doc)
	return wire.Document{ID: id, Kind: kind, FormatVersion: c.version, Data: wire.Data{Text: base64.StdEncoding.EncodeToString(raw)}}
}

func (c *customer) written(v any) []byte {
	c.t.Helper()
	raw, err := xml.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return append([]byte(wire.BOM), raw...)
}

// packet puts documents into a packet.
func (c *customer) packet(docs ...wire.Document) []byte {
	to, from := bank(), c.party()
	return c.written(wire.PacketRoot{Packet: wire.Packet{Head: c.head(c.newID()), Sender: wire.Party{Customer: &from}, Recipient: wire.Party{Bank: &to}, Documents: docs}})
}

// send sends a packet that the bank takes.
func (c *customer) send(packet []byte) (bankID string) {
	c.t.Helper()
	r := c.call(http.MethodPost, "SendPack", packet)
	if r.Error != nil {
		c.t.Fatalf("SendPack: %+v", r.Error)
	}
	return r.Success.SendPacket.ID
}

func (c *customer) list(date string) *wire.PacketList {
	c.t.Helper()
	name := "GetPackList"
	if date != "" {
		name += "?date=" + url.PathEscape(date)
	}
	r := c.call(http.MethodGet, name, nil)
	if r.Error != nil {
		c.t.Fatalf("GetPackList: %+v", r.Error)
	}
	return r.Success.PacketList
}

// told is what the bank said of a document: a status' or an error's code.
type told struct{ ext, request, code string }

// fetch fetches the packets that were not seen yet: what they tell of documents, what
// of packets, and statements.
func (c *customer) fetch() (docs, packets []told, statements []*wire.Statement) {
	c.t.Helper()
	code := func(r *wire.Result) string {
		if r.Status != nil {
			return r.Status.Code
		}
		return r.Error.Code
	}
	for _, id := range c.list("").IDs {
		if c.seen[id] {
			continue
		}
		c.seen[id] = true
		r := c.call(http.MethodGet, "GetPack?id="+id, nil)
		if r.Error != nil {
			c.t.Fatalf("GetPack: %+v", r.Error)
		}
		for _, d := range r.Success.Packet.Documents {
			raw, err := base64.StdEncoding.DecodeString(d.Data.Text)
			if err != nil {
				c.t.Fatal(err)
			}
			switch d.Kind {
			case wire.KindDocNotice:
				var n wire.StatusDocNotice
				c.read(raw, &n)
				docs = append(docs, told{n.ExtID, n.RequestID, code(&n.Result)})
			case wire.KindPacketNotice:
				var n wire.StatusPacketNotice
				c.read(raw, &n)
				packets = append(packets, told{n.PacketID, n.BankID, code(&n.Result)})
			case wire.KindStatement:
				var s wire.Statement
				c.read(raw, &s)
				statements = append(statements, &s)
			}
		}
	}
	return docs, packets, statements
}

// statement asks for a statement and waits for it; nil when the bank gives none.
func (c *customer) statement(kind, from, to string) (*wire.Statement, []told) {
	c.t.Helper()
	id := c.newID()
	c.send(c.packet(c.document(wire.KindStatementRequest, id, wire.StatementRequest{Head: c.head(id), Sender: c.party(), Recipient: bank(),
		Data: wire.StatementWindow{Type: kind, From: from + "T00:00:00", To: to + "T23:59:59", Account: c.account, Bank: wire.AtBank{BIC: directbank.BIC}}})))
	docs, _, all := c.fetch()
	if len(all) == 0 {
		return nil, docs
	}
	if all[0].RequestID != id {
		c.t.Errorf("the statement answers %s, not %s", all[0].RequestID, id)
	}
	return all[0], docs
}

// codes of what was told of a document, in order.
func codes(all []told, ext string) string {
	var out []string
	for _, n := range all {
		if strings.EqualFold(n.ext, ext) {
			out = append(out, n.code)
		}
	}
	return strings.Join(out, " ")
}
