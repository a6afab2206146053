package people_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

func TestDemoPeopleHaveValidNumbersThatNobodyWasEverGiven(t *testing.T) {
	for _, d := range people.DemoPeople() {
		if d.INN != "" && !requisites.ValidINN(d.INN) {
			_, err := requisites.ParseINN(d.INN)
			t.Errorf("%s: ИНН %s: %v", d.LastName, d.INN, err)
		}
		if d.SNILS != "" && (!requisites.ValidSNILS(d.SNILS) || !strings.HasPrefix(d.SNILS, "000-")) {
			t.Errorf("%s: СНИЛС %s", d.LastName, d.SNILS)
		}
		if pass, ok := d.Passport(); ok && pass.Series != "0000" {
			t.Errorf("%s: passport series %s is not a test one", d.LastName, pass.Series)
		}
		if !strings.HasSuffix(d.Email, "@example.org") || !strings.HasPrefix(d.Mobile, "+7(900)00000") {
			t.Errorf("%s: %s, %s are not demo contacts", d.LastName, d.Email, d.Mobile)
		}
	}
	for _, o := range people.DemoOrgs() {
		if !requisites.ValidINN(o.INN) || !requisites.ValidOGRN(o.OGRN) {
			_, err := requisites.ParseINN(o.INN)
			_, err2 := requisites.ParseOGRN(o.OGRN)
			t.Errorf("%s: %v %v", o.ShortName, err, err2)
		}
		if o.KPP != "" && !requisites.ValidKPP(o.KPP) {
			t.Errorf("%s: КПП %s", o.ShortName, o.KPP)
		}
	}
}

func open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir(), people.Schema())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func read(t *testing.T, db *store.DB, f func(context.Context, *sql.Tx) error) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *sql.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func TestAPersonIsFoundByEveryLoginInEveryUsualSpelling(t *testing.T) {
	db := open(t)
	for _, login := range []string{
		"+79000000001", "8 900 000-00-01", "89000000001", "9000000001", "+7 (900) 000-00-01", "79000000001",
		"petr@example.org", "Petr@Example.ORG", "000-000-009 09", "00000000909", "960000000300",
	} {
		read(t, db, func(ctx context.Context, tx *sql.Tx) error {
			p, err := people.ByLogin(ctx, tx, login)
			if err == nil && p.OID == people.OIDConfirmed {
				return nil
			}
			if login == "8 900 000-00-01" && errors.Is(err, people.ErrNotFound) {
				t.Errorf("login %q: a number spelt with 8 and dashes is not understood", login)
				return nil
			}
			t.Errorf("login %q: %d, %v", login, p.OID, err)
			return nil
		})
	}
	for _, login := range []string{"", "nobody@example.org", "'; DROP TABLE persons", "123", strings.Repeat("9", 100)} {
		read(t, db, func(ctx context.Context, tx *sql.Tx) error {
			if p, err := people.ByLogin(ctx, tx, login); !errors.Is(err, people.ErrNotFound) {
				t.Errorf("login %q: %v, %v", login, p, err)
			}
			return nil
		})
	}
}

func TestPowersEndWithTheirTerm(t *testing.T) {
	db := open(t)
	end := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	if err := db.Write(t.Context(), func(tx *sql.Tx) error {
		return people.SetMember(t.Context(), tx, people.Member{PersonOID: people.OIDStandard, OrgOID: people.OIDCompany,
			Position: "Представитель", Powers: []string{people.PowerOrders}, Until: end})
	}); err != nil {
		t.Fatal(err)
	}
	read(t, db, func(ctx context.Context, tx *sql.Tx) error {
		if m, err := people.MemberOf(ctx, tx, people.OIDStandard, people.OIDCompany, end.Add(-time.Second)); err != nil || m.Powers[0] != people.PowerOrders {
			t.Errorf("before the end: %+v, %v", m, err)
		}
		if _, err := people.MemberOf(ctx, tx, people.OIDStandard, people.OIDCompany, end); !errors.Is(err, people.ErrNotFound) {
			t.Errorf("at the end: %v", err)
		}
		return nil
	})
}

func TestWhatIsPutBackTakesNobodysIdentifier(t *testing.T) {
	p := people.Person{OID: 7, Documents: []people.Document{{ID: 710, Type: "a"}, {ID: 711, Type: "b"}, {ID: 712, Type: "c"}}, Addresses: []people.Address{{ID: 750, Type: "a"}, {ID: 751, Type: "b"}}}
	if err := p.Set("document.a", json.RawMessage(`{"type":"a"}`)); err != nil {
		t.Fatal(err)
	}
	if err := p.Set("address.a", json.RawMessage(`{"type":"a"}`)); err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{}
	for _, d := range p.Documents {
		seen[d.ID] = true
	}
	for _, a := range p.Addresses {
		seen[a.ID] = true
	}
	if len(seen) != 5 {
		t.Errorf("%v %v", p.Documents, p.Addresses)
	}
}
