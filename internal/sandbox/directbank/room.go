// Package directbank is the training bank as a customer's program sees it: it speaks
// DirectBank 2.1.1 to 2.3.2. It takes packets into a queue, parses and executes them
// by the portal's calendar, answers by notices and statements, and settles charges by
// their УИН. Told so, it deviates from the standard as real banks do (Ways). Only
// packages under internal/sandbox may import it.
package directbank

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Base is the path under which the methods are.
const Base = training.DirectBank

// BIC and Name are the bank's own. The number is the one that the training bank has
// everywhere.
const (
	BIC  = training.BankBIC
	Name = "Учебный банк"
)

// Password is that of every customer of the training bank; the login is the ИНН.
const Password = training.BankPassword

// How long the bank takes, by the calendar.
const (
	parsing   = 2 * time.Second // from a packet to its documents
	execution = 3 * time.Second // from an accepted order to the money
	retrial   = 24 * time.Hour  // of an order without money
	validity  = 10 * 24 * time.Hour
)

// startKopecks is what a customer's account holds at first.
const startKopecks = 500_000_000_00

// Schema is what the bank keeps. Ids of customers' packets and documents are kept in
// lower case.
func Schema() store.Schema {
	return store.Schema{Name: "directbank", Migrations: []string{`
CREATE TABLE directbank_sessions(
	sid        TEXT PRIMARY KEY,
	customer   TEXT NOT NULL,
	otp        TEXT NOT NULL,              -- "" once it was given
	tries      INTEGER NOT NULL DEFAULT 0,
	until_us   INTEGER NOT NULL            -- by the wall clock
) STRICT;
CREATE TABLE directbank_wrong(
	login      TEXT PRIMARY KEY,
	tries      INTEGER NOT NULL,
	since_us   INTEGER NOT NULL,           -- by the wall clock
	until_us   INTEGER NOT NULL
) STRICT;
CREATE TABLE directbank_accounts(
	account    TEXT PRIMARY KEY,
	kopecks    INTEGER NOT NULL
) STRICT;
CREATE TABLE directbank_packets(
	serial     INTEGER PRIMARY KEY,
	bank_id    TEXT NOT NULL UNIQUE,
	customer   TEXT NOT NULL,
	packet_id  TEXT NOT NULL,
	raw        BLOB,                       -- NULL once it was parsed
	due_us     INTEGER
) STRICT;
CREATE INDEX directbank_packets_id ON directbank_packets(customer, packet_id);
CREATE INDEX directbank_packets_due ON directbank_packets(due_us) WHERE due_us IS NOT NULL;
CREATE TABLE directbank_documents(
	serial     INTEGER PRIMARY KEY,
	customer   TEXT NOT NULL,
	id         TEXT NOT NULL,
	kind       TEXT NOT NULL,
	number     TEXT NOT NULL,
	day        TEXT NOT NULL,
	status     TEXT NOT NULL,
	words      TEXT NOT NULL DEFAULT '',
	account    TEXT NOT NULL,
	kopecks    INTEGER NOT NULL,
	uin        TEXT NOT NULL,
	came_us    INTEGER NOT NULL,
	due_us     INTEGER,
	content    BLOB NOT NULL               -- the order as XML
) STRICT;
CREATE INDEX directbank_documents_id ON directbank_documents(customer, id);
CREATE INDEX directbank_documents_number ON directbank_documents(customer, number, day) WHERE number <> '';
CREATE INDEX directbank_documents_due ON directbank_documents(due_us) WHERE due_us IS NOT NULL;
CREATE TABLE directbank_operations(
	serial     INTEGER PRIMARY KEY,
	account    TEXT NOT NULL,
	day        TEXT NOT NULL,              -- 2006-01-02, Moscow
	kopecks    INTEGER NOT NULL,           -- below zero when money left
	document   INTEGER NOT NULL            -- its serial
) STRICT;
CREATE INDEX directbank_operations_day ON directbank_operations(account, day, serial);
CREATE TABLE directbank_out(
	serial     INTEGER PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	customer   TEXT NOT NULL,
	made_us    INTEGER NOT NULL,           -- by the calendar, whole seconds
	taken      INTEGER NOT NULL DEFAULT 0,
	packet     BLOB NOT NULL
) STRICT;
CREATE INDEX directbank_out_list ON directbank_out(customer, made_us, serial);
`, `
ALTER TABLE directbank_sessions ADD COLUMN settings_only INTEGER NOT NULL DEFAULT 0; -- a password at a bank that wants certificates
`}}
}

// Room is the bank with its worker.
func Room() room.Room {
	schema := Schema()
	return room.Room{Name: "directbank", Schema: &schema, Mount: func(mux *http.ServeMux, deps room.Deps) error {
		f := &face{deps}
		for _, m := range []struct {
			verb, name string
			serve      method
		}{
			{"POST", "Logon", f.logon},
			{"POST", "LogonOTP", f.logonOTP},
			{"POST", "LogonCert", f.logonCert},
			{"POST", "GetSettings", f.settings},
			{"POST", "SendPack", f.sendPack},
			{"GET", "GetPackList", f.packList},
			{"GET", "GetPack", f.pack},
		} {
			mux.Handle(m.verb+" "+Base+"/"+m.name, f.handler(m.serve))
			mux.HandleFunc("HEAD "+Base+"/"+m.name, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		}
		deps.Calendar.Register(f.worker())
		return nil
	}}
}

// customer is one of the bank's customers: an organisation of the portal.
type customer struct {
	id      string // as the bank names it
	org     people.Org
	account string
}

// errNoCustomer means that the bank has no such customer.
var errNoCustomer = errors.New("no such customer")

// customerBy finds a customer by its ИНН or by the bank's id of it.
func customerBy(ctx context.Context, q store.Queryer, key string) (customer, error) {
	for _, o := range people.DemoOrgs() {
		if o.INN != key && idOf(o.OID) != key {
			continue
		}
		org, err := people.OrgByOID(ctx, q, o.OID)
		if err != nil {
			return customer{}, err
		}
		return customer{id: idOf(o.OID), org: org, account: accountOf(org)}, nil
	}
	return customer{}, errNoCustomer
}

func idOf(oid int64) string { return fmt.Sprintf("DB-%d", oid) }

// accountOf is the customer's settlement account: its key is right for the bank.
func accountOf(o people.Org) string {
	first := "40702810"
	if o.Type == "BUSINESS" {
		first = "40802810"
	}
	for key := range 10 {
		a := fmt.Sprintf("%s%d%011d", first, key, o.OID%100_000_000)
		if _, err := requisites.ParseAccountAt(a, BIC); err == nil {
			return a
		}
	}
	return "" // one of ten digits is right
}

// balance is what an account holds now, kopecks.
func balance(ctx context.Context, q store.Queryer, account string) (int64, error) {
	var n int64
	err := q.QueryRowContext(ctx, "SELECT kopecks FROM directbank_accounts WHERE account = ?", account).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return startKopecks, nil
	}
	return n, err
}

func setBalance(ctx context.Context, tx *sql.Tx, account string, kopecks int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO directbank_accounts(account, kopecks) VALUES(?,?) ON CONFLICT(account) DO UPDATE SET kopecks = excluded.kopecks", account, kopecks)
	return err
}

// ways is how the bank deviates, by the words of training.BankWays.
type ways []string

func waysOf(ctx context.Context, q store.Queryer) (ways, error) {
	v, err := store.Setting(ctx, q, room.SettingBankWays)
	return strings.Fields(v), err
}

func (w ways) has(way string) bool { return slices.Contains(w, way) }

// worker parses and executes what falls due.
func (f *face) worker() calendar.Worker {
	return calendar.Worker{
		Name: "directbank",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var packets, documents sql.NullInt64
			if err := tx.QueryRowContext(ctx, "SELECT min(due_us) FROM directbank_packets WHERE due_us IS NOT NULL").Scan(&packets); err != nil {
				return time.Time{}, false, err
			}
			if err := tx.QueryRowContext(ctx, "SELECT min(due_us) FROM directbank_documents WHERE due_us IS NOT NULL").Scan(&documents); err != nil {
				return time.Time{}, false, err
			}
			if !packets.Valid || documents.Valid && documents.Int64 < packets.Int64 {
				packets = documents
			}
			return time.UnixMicro(packets.Int64).UTC(), packets.Valid, nil
		},
		Run: func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
			n, err := f.parseDue(ctx, tx, now)
			if err != nil || n > 0 {
				return n, err
			}
			return f.executeDue(ctx, tx, now)
		},
	}
}
