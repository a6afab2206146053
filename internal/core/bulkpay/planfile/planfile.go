// Package planfile is the file of a payment plan: what will be paid, row by
// row, with control totals and a hash that approvers sign. The file is the only
// thing that a run executes, so it holds everything that a run and a report
// need. Packages under core/bulkpay and cli/batch import it.
//
// # Format
//
// UTF-8 lines ended by LF, one JSON object each, fields in the order of the Go
// types, no other white space:
//
//	{"epguPlan":2,…}                                       Header
//	{"n":1,"s":"pay",…}                                    Row, n from 1 without gaps
//	…
//	{"totals":…,"payments":"64 hex digits"}                Totals, with the root of all rows
//	{"seen":{…}}                                           Seen
//	{"b":1,"at":512,"sha256":"…","payments":"…"}           a block: blockRows rows, the last one fewer
//	…
//	{"sha256":"64 hex digits","tail":98304}                the seal
//
// A block says where its rows begin (at, bytes from the beginning of the file), the
// SHA-256 of their lines, and the root of their payments. The seal says where the
// totals begin and holds the SHA-256 of the header's line and of all lines from the
// totals to itself. So it holds every row through its block, and a plan is opened
// without reading its rows: each block is held against its hash when it is read.
//
// The seal's hash is the plan's identity for approval; the header's ID is its
// identity as a run, so that the same list planned again next month is another run.
// Reading and writing stream: memory grows by a block's few dozen bytes.
//
// # Payments
//
// The root of the payments lets a portal check each one against what was signed
// (docs/payment-proof.md). It is the Merkle tree hash of RFC 9162, section 2.1.1,
// with SHA-256, over one leaf for each row in their order. A block's root is that of
// its own rows, which is a node of the tree.
package planfile

import (
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Version is the version of the format.
const Version = 2

// Bounds of what is read.
const (
	MaxLine    = 64 << 10 // bytes of one line
	MaxSources = 100
	MaxRows    = 20_000_000
	MaxBlock   = 4096     // rows of a block
	maxTail    = 64 << 20 // bytes of all lines behind the rows
)

// DefaultBlock is how many rows a block has. A larger one makes the lines behind the
// rows fewer, a smaller one the rows that a damaged byte takes along.
const DefaultBlock = 256

// Header is the first line.
type Header struct {
	Version   int       `json:"epguPlan"`
	ID        string    `json:"id"` // UUIDv7: the run of the journal
	CreatedAt time.Time `json:"createdAt"`
	Profile   string    `json:"profile"`
	Method    string    `json:"method,omitempty"` // way to pay at the portal
	Maker     Person    `json:"maker"`
	Payer     string    `json:"payer"`            // whoever pays rows that do not say so
	Policy    string    `json:"policy,omitempty"` // SHA-256 of the approval policy in force
	Sources   []Source  `json:"sources"`
	// BlockRows is how many rows a block has: a power of two, so that a block is a
	// node of the tree. NewWriter takes DefaultBlock for 0.
	BlockRows int `json:"blockRows"`
}

// Person is who did something, as far as the profile knows.
type Person struct {
	Name  string `json:"name"`
	OID   string `json:"oid,omitempty"`
	SNILS string `json:"snils,omitempty"` // digits only
	Login string `json:"login,omitempty"` // account of the operating system
}

// Source is a file that rows came from.
type Source struct {
	Name    string   `json:"name"` // without its folder
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	Columns []string `json:"columns,omitempty"` // headings of Row.Cells
}

// Status says what is to be done with a row. Only Pay is paid.
type Status string

// The statuses of a row.
const (
	Pay       Status = "pay"
	Paid      Status = "paid"      // the charge or the journal says so
	InFlight  Status = "in-flight" // the journal has it on its way, or its outcome is unknown
	Duplicate Status = "duplicate" // an earlier row of this plan pays it
	Changed   Status = "changed"   // another sum is due than the register says
	Annulled  Status = "annulled"  // the department withdrew the charge
	Absent    Status = "absent"    // the portal knows no such charge
	Ended     Status = "ended"     // the term of payment is over
	Excluded  Status = "excluded"  // over a limit of the way to pay, or left out by an option
	Wrong     Status = "wrong"     // the row itself is at fault
)

// Statuses lists all of them, in the order they are shown.
func Statuses() []Status {
	return []Status{Pay, Paid, InFlight, Duplicate, Changed, Annulled, Absent, Ended, Excluded, Wrong}
}

// Row is one row of the plan. Days are 2006-01-02 in Moscow; money is in kopecks.
type Row struct {
	N         int               `json:"n"`
	Status    Status            `json:"s"`
	Why       string            `json:"why,omitempty"`   // a stable code for a status that says too little
	File      int               `json:"f"`               // index in Sources
	Line      int               `json:"l"`               // line or row in that file
	Kopecks   int64             `json:"kopecks"`         // to pay
	Asked     int64             `json:"asked,omitempty"` // in the register; 0 when it left the sum to the charge
	UIN       string            `json:"uin,omitempty"`
	ActCode   string            `json:"actCode,omitempty"` // field 22 of a payment to a court deposit
	Payer     string            `json:"payer"`
	PayerName string            `json:"payerName,omitempty"`
	Account   string            `json:"account,omitempty"` // the payer's account, for payment orders
	Payee     *Payee            `json:"payee,omitempty"`
	Purpose   string            `json:"purpose,omitempty"`
	Budget    *Budget           `json:"budget,omitempty"`
	NotBefore string            `json:"notBefore,omitempty"`
	NotAfter  string            `json:"notAfter,omitempty"` // the sum is another one afterwards
	Checked   time.Time         `json:"checked,omitzero"`   // when the charge was looked at
	Differs   []Difference      `json:"differs,omitempty"`  // what the charge says otherwise than the register
	Warn      []string          `json:"warn,omitempty"`     // stable codes
	Holder    string            `json:"holder,omitempty"`   // the payment or the row ("row 7") that has the key
	Override  *journal.Override `json:"override,omitempty"`
	Reference string            `json:"reference,omitempty"`
	Cells     []string          `json:"cells,omitempty"` // as the register had them
}

// Payee is who gets the money.
type Payee struct {
	Name        string `json:"name,omitempty"`
	INN         string `json:"inn,omitempty"`
	KPP         string `json:"kpp,omitempty"`
	Account     string `json:"account,omitempty"`
	Bank        string `json:"bank,omitempty"`
	BIK         string `json:"bik,omitempty"`
	CorrAccount string `json:"corr,omitempty"`
}

// Budget are the fields 101 and 104–109 of a payment order.
type Budget struct {
	Drawer  string `json:"101,omitempty"`
	KBK     string `json:"104,omitempty"`
	OKTMO   string `json:"105,omitempty"`
	Basis   string `json:"106,omitempty"`
	Period  string `json:"107,omitempty"`
	DocNo   string `json:"108,omitempty"`
	DocDate string `json:"109,omitempty"`
}

// Payment returns the row as the journal takes it.
func (r *Row) Payment(h *Header, via journal.Via) journal.Payment {
	p := journal.Payment{Profile: h.Profile, Run: h.ID, Row: r.N, Via: via, Payer: r.Payer, UIN: r.UIN, AmountKopecks: r.Kopecks,
		ActCode: r.ActCode, Purpose: r.Purpose, Override: r.Override}
	if q := r.Payee; q != nil {
		p.PayeeName, p.PayeeAccount, p.BIK = q.Name, q.Account, q.BIK
	}
	if b := r.Budget; b != nil {
		p.KBK, p.OKTMO, p.Period = b.KBK, b.OKTMO, b.Period
	}
	return p
}

// Requisites returns what the portal needs of a row without a charge, nil for
// one with an УИН.
func (r *Row) Requisites() *cabinet.Requisites {
	if journal.NormalUIN(r.UIN) != "" || r.Payee == nil {
		return nil
	}
	q := &cabinet.Requisites{Purpose: r.Purpose, Payee: r.payee(), ActCode: r.ActCode}
	if b := r.Budget; b != nil {
		q.Period, q.Status, q.Basis, q.DocNo, q.DocDate = b.Period, b.Drawer, b.Basis, b.DocNo, b.DocDate
	}
	return q
}

// payee is whoever gets the money, as the portal knows payees.
func (r *Row) payee() (out cabinet.Payee) {
	if p := r.Payee; p != nil {
		out = cabinet.Payee{Name: cabinet.Text(p.Name), INN: p.INN, KPP: p.KPP, Account: p.Account, BankName: cabinet.Text(p.Bank), BIK: p.BIK, CorrAccount: p.CorrAccount}
	}
	if b := r.Budget; b != nil {
		out.KBK, out.OKTMO = b.KBK, b.OKTMO
	}
	return out
}

// Sum is a number of rows and their sum.
type Sum struct {
	N       int   `json:"n"`
	Kopecks int64 `json:"kopecks"`
}

func (s *Sum) add(kopecks int64) { s.N++; s.Kopecks += kopecks }

// Group is a Sum of what has one thing in common.
type Group struct {
	Key  string `json:"key"`            // payee's account, or КБК
	Name string `json:"name,omitempty"` // payee's name
	Sum
}

// Totals is the line before the last.
type Totals struct {
	Rows     int            `json:"totals"` // of every status
	Pay      Sum            `json:"pay"`
	ByStatus map[Status]Sum `json:"byStatus"`
	ByPayee  []Group        `json:"byPayee"` // of rows to pay, largest sum first; at most MaxGroups, the rest under ""
	ByKBK    []Group        `json:"byKbk"`
	Warnings map[string]int `json:"warnings,omitempty"`   // by code
	NotAfter string         `json:"notAfter,omitempty"`   // the earliest day on which a sum ceases to be right
	Limited  int            `json:"limited,omitempty"`    // rows to pay that have a NotBefore
	Oldest   time.Time      `json:"oldestCheck,omitzero"` // the earliest look at a charge to pay, when every one was looked at
	Root     string         `json:"payments"`             // of the payments of all rows, hex
	unseen   int            // rows to pay whose charge was not looked at
}

// Seen is what was known when the plan was made and no row gives.
type Seen struct {
	Balance *int64 `json:"balanceKopecks,omitempty"` // of the way to pay
	ETA     int64  `json:"etaSeconds,omitempty"`
}

// Short returns how much the account lacked for the rows to pay when the plan was
// made, kopecks; 0 when it did not, or when nobody said.
func (p *Plan) Short() int64 { return p.Seen.Short(&p.Totals) }

// Short returns how much the account lacks for the rows to pay, kopecks.
func (s *Seen) Short(t *Totals) int64 {
	if s.Balance == nil {
		return 0
	}
	return max(0, t.Pay.Kopecks-*s.Balance)
}

// MaxGroups bounds ByPayee and ByKBK.
const MaxGroups = 1_000

const payPrefix = `,"s":"pay",`

// isPay reports whether a line is a row to pay, without parsing it.
func isPay(line []byte) bool {
	// {"n":123,"s":"pay", — the number has at most eight digits.
	head := line[:min(len(line), len(`{"n":12345678`)+len(payPrefix))]
	return strings.Contains(string(head), payPrefix)
}
