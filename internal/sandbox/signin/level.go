package signin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// How long the decisions take, by the portal's calendar.
const (
	registerCheck = 10 * time.Minute // passport and СНИЛС in the registers
	bankVisit     = time.Hour
	centreVisit   = 24 * time.Hour
)

// RaiseLevel files a request for a higher level (features A3). What can be
// judged at once is; the rest falls due by the calendar time today.
func RaiseLevel(ctx context.Context, tx *sql.Tx, oid int64, in cabinet.LevelRequestInput, today time.Time) (cabinet.LevelRequest, error) {
	var none cabinet.LevelRequest
	p, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return none, err
	}
	if session.Rank(in.Level) != session.Rank(p.Level)+1 {
		next := i18n.Text{RU: "сейчас можно запросить только следующий уровень", EN: "only the next level can be asked for"}
		return none, problem.Invalid(problem.Field{Name: "level", Code: "not_next", Message: next})
	}
	if pending, err := LevelPending(ctx, tx, oid); err != nil {
		return none, err
	} else if pending {
		return none, problem.New(http.StatusConflict, "level.pending", i18n.Say("Предыдущий запрос ещё проверяется", "The earlier request is still being checked"))
	}
	due := today.Add(registerCheck)
	if in.Level == cabinet.LevelStandard {
		if bad := checkPapers(p, in, today); len(bad) > 0 {
			return none, problem.Invalid(bad...)
		}
		p.SNILS = people.SNILS(onlyDigits(in.SNILS))
		taken, err := takenFields(ctx, tx, p)
		if err != nil {
			return none, err
		}
		if len(taken) > 0 {
			return none, problem.Invalid(taken...)
		}
	} else {
		switch in.Way {
		case "bank":
			due = today.Add(bankVisit)
		case "centre":
			due = today.Add(centreVisit)
		default:
			return none, problem.Invalid(problem.Field{Name: "way", Code: "unknown",
				Message: i18n.Text{RU: "bank — через банк или centre — в центре обслуживания", EN: "bank or centre (a service centre)"}})
		}
	}
	data, err := json.Marshal(in)
	if err != nil {
		return none, err
	}
	r, err := tx.ExecContext(ctx, "INSERT INTO level_requests(oid, level, data, created_us, due_us, state, reason) VALUES(?,?,?,?,?,'pending','')",
		oid, in.Level, string(data), today.UnixMicro(), due.UnixMicro())
	if err != nil {
		return none, err
	}
	id, err := r.LastInsertId()
	return cabinet.LevelRequest{ID: id, Level: in.Level, State: "pending", CreatedAt: today, DecidedAt: due}, err
}

// filed is a request for a level as it is kept.
type filed struct {
	cabinet.LevelRequestInput
	// Recheck is the check of what was edited; Level is then the level that the
	// account had, and that comes back when the registers agree.
	Recheck bool `json:"recheck,omitempty"`
}

// Recheck files the check that an edited name or passport needs: the account
// is simplified until the registers have looked. No decision may be awaited.
func Recheck(ctx context.Context, tx *sql.Tx, p people.Person, level cabinet.Level, today time.Time) error {
	passport, _ := p.Passport()
	data, err := json.Marshal(filed{cabinet.LevelRequestInput{Level: level, SNILS: p.SNILS, Gender: p.Gender, BirthPlace: p.BirthPlace,
		Passport: &cabinet.Passport{Series: passport.Series, Number: passport.Number, IssueDate: passport.IssueDate}}, true})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO level_requests(oid, level, data, created_us, due_us, state, reason) VALUES(?,?,?,?,?,'pending','')",
		p.OID, level, string(data), today.UnixMicro(), today.Add(registerCheck).UnixMicro())
	return err
}

// LevelPending reports whether a decision about the level is awaited.
func LevelPending(ctx context.Context, q store.Queryer, oid int64) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM level_requests WHERE oid = ? AND state = 'pending'", oid).Scan(&n)
	return n > 0, err
}

// Lowered returns the level that an account had before the registers refused
// what was edited; false when the latest decision was another one. The next
// edit of who somebody is asks for that level again.
func Lowered(ctx context.Context, q store.Queryer, oid int64) (cabinet.Level, bool, error) {
	var level cabinet.Level
	var state, data string
	err := q.QueryRowContext(ctx, "SELECT level, state, data FROM level_requests WHERE oid = ? ORDER BY id DESC LIMIT 1", oid).Scan(&level, &state, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	var in filed
	if err == nil {
		err = json.Unmarshal([]byte(data), &in)
	}
	return level, err == nil && in.Recheck && state == "refused", err
}

// Registered reports whether a register knows a document by its number: the
// rule of the official test stand (REG-1.8, app. 4.1) is that it can be divided
// by three.
func Registered(number string) bool {
	n, err := strconv.ParseInt(number, 10, 64)
	return err == nil && n%3 == 0
}

// checkPapers checks what can be checked without the registers.
func checkPapers(p people.Person, in cabinet.LevelRequestInput, today time.Time) (bad []problem.Field) {
	add := func(field, code, ru, en string) {
		bad = append(bad, problem.Field{Name: field, Code: code, Message: i18n.Text{RU: ru, EN: en}})
	}
	if !requisites.ValidSNILS(in.SNILS) {
		add("snils", "malformed", "СНИЛС не сходится с контрольным числом", "the check number of the СНИЛС does not fit")
	}
	if in.Gender != "M" && in.Gender != "F" {
		add("gender", "unknown", "M или F", "M or F")
	}
	if strings.TrimSpace(in.BirthPlace) == "" {
		add("birthPlace", "required", "укажите место рождения, как в паспорте", "give the place of birth as in the passport")
	}
	if in.Passport == nil {
		add("passport", "required", "укажите паспорт", "give the passport")
		return bad
	}
	if !digits(in.Passport.Series, 4) {
		add("passport.series", "malformed", "4 цифры", "4 digits")
	}
	if !digits(in.Passport.Number, 6) {
		add("passport.number", "malformed", "6 цифр", "6 digits")
	}
	issued, err := time.Parse(time.DateOnly, in.Passport.IssueDate)
	born, err2 := time.Parse(time.DateOnly, p.BirthDate)
	switch {
	case err != nil:
		add("passport.issueDate", "malformed", "нужна дата вида 2015-12-31", "a date like 2015-12-31 is expected")
	case issued.After(today):
		add("passport.issueDate", "future", "паспорт выдан в будущем", "the passport was issued in the future")
	case err2 == nil && issued.Before(born.AddDate(14, 0, 0)):
		add("passport.issueDate", "too_early", "паспорт выдают с 14 лет", "passports are issued from the age of 14")
	}
	return bad
}

func digits(s string, n int) bool { return len(s) == n && onlyDigits(s) == s }

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// LevelWorker decides the requests that have fallen due.
func LevelWorker() calendar.Worker {
	return calendar.Worker{
		Name: "levels",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var due sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(due_us) FROM level_requests WHERE state = 'pending'").Scan(&due)
			return time.UnixMicro(due.Int64).UTC(), due.Valid, err
		},
		Run: decideLevel,
	}
}

func decideLevel(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	var id, oid int64
	var level cabinet.Level
	var data string
	err := tx.QueryRowContext(ctx, "SELECT id, oid, level, data FROM level_requests WHERE state = 'pending' AND due_us <= ? ORDER BY due_us, id LIMIT 1",
		now.UnixMicro()).Scan(&id, &oid, &level, &data)
	if err != nil {
		return 0, err
	}
	var in filed
	if err := json.Unmarshal([]byte(data), &in); err != nil {
		return 0, err
	}
	p, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return 0, err
	}
	before, state, reason := p, "done", ""
	switch {
	case in.Recheck:
		if reason = registers(in.LevelRequestInput); reason != "" {
			state = "refused"
		} else {
			p = verified(p)
		}
	case level == cabinet.LevelStandard:
		if reason = registers(in.LevelRequestInput); reason != "" {
			state = "refused"
		} else {
			p.SNILS, p.Gender, p.BirthPlace = people.SNILS(onlyDigits(in.SNILS)), in.Gender, in.BirthPlace
			p.Documents = append(withoutPassport(p), people.Document{ID: oid*10 + 1, Type: "RF_PASSPORT", Series: in.Passport.Series, Number: in.Passport.Number,
				IssueDate: in.Passport.IssueDate, IssueID: onlyDigits(in.Passport.IssueID), IssuedBy: in.Passport.IssuedBy.Raw(), Verified: true})
			if taken, err := takenFields(ctx, tx, p); err != nil {
				return 0, err
			} else if len(taken) > 0 {
				state, reason = "refused", "snils_taken"
			}
		}
	}
	if state == "done" {
		p.Level = level
		if _, err := people.Rewrite(ctx, tx, before, p, people.Change{At: now, Kind: "level", Author: people.Portal()}); err != nil {
			return 0, err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE level_requests SET state = ?, reason = ? WHERE id = ?", state, reason, id); err != nil {
		return 0, err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "account.level." + state, OID: oid, Ref: strconv.FormatInt(id, 10)})
	return 1, err
}

// withoutPassport returns the other documents of p.
func withoutPassport(p people.Person) []people.Document {
	return slices.DeleteFunc(slices.Clone(p.Documents), func(d people.Document) bool { return d.Type == cabinet.DocumentPassport })
}

// verified marks the passport of p as confirmed by the register.
func verified(p people.Person) people.Person {
	p.Documents = slices.Clone(p.Documents)
	for i := range p.Documents {
		if p.Documents[i].Type == cabinet.DocumentPassport {
			p.Documents[i].Verified = true
		}
	}
	return p
}

// registers answers for the passport and pension registers. The rule of the
// official test stand decides: a test passport has a number divisible by three,
// a test СНИЛС digits 4 to 9 divisible by three (REG-1.8, app. 4.1).
func registers(in cabinet.LevelRequestInput) string {
	if n, err := strconv.Atoi(in.Passport.Number); err != nil || n%3 != 0 {
		return "passport_not_found"
	}
	d := onlyDigits(in.SNILS)
	if n, err := strconv.Atoi(d[3:9]); err != nil || n%3 != 0 {
		return "snils_mismatch"
	}
	return ""
}

// levelReason words a refusal.
func levelReason(code string, lang i18n.Lang) *cabinet.Reason {
	var text, advice i18n.Text
	switch code {
	case "":
		return nil
	case "passport_not_found":
		text = i18n.Text{RU: "МВД не нашло паспорт с такими серией и номером", EN: "The Ministry of Internal Affairs has no passport with this series and number"}
		advice = i18n.Text{RU: "сверьте серию, номер и дату выдачи с паспортом и подайте запрос снова", EN: "compare series, number and date of issue with the passport and ask again"}
	case "snils_mismatch":
		text = i18n.Text{RU: "Социальный фонд не подтвердил СНИЛС для этого имени и даты рождения", EN: "The Social Fund did not confirm the СНИЛС for this name and date of birth"}
		advice = i18n.Text{RU: "сверьте СНИЛС, имя и дату рождения", EN: "compare the СНИЛС, the name and the date of birth"}
	case "snils_taken":
		text = i18n.Text{RU: "Этот СНИЛС уже есть в другой учётной записи", EN: "Another account has this СНИЛС"}
		advice = i18n.Text{RU: "войдите в неё или восстановите доступ: epgu auth recover", EN: "sign in to it or recover it: epgu auth recover"}
	}
	return &cabinet.Reason{Code: code, Text: untrusted.Text(text.In(lang)), Advice: untrusted.Text(advice.In(lang))}
}

// LevelRequests lists a person's requests, newest first.
func LevelRequests(ctx context.Context, q store.Queryer, oid int64, lang i18n.Lang) ([]cabinet.LevelRequest, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, level, state, reason, created_us, due_us, data FROM level_requests WHERE oid = ? ORDER BY id DESC", oid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []cabinet.LevelRequest{}
	for rows.Next() {
		var l cabinet.LevelRequest
		var reason, data string
		var created, due int64
		if err := rows.Scan(&l.ID, &l.Level, &l.State, &reason, &created, &due, &data); err != nil {
			return nil, err
		}
		var in filed
		if err := json.Unmarshal([]byte(data), &in); err != nil {
			return nil, err
		}
		l.Recheck = in.Recheck
		l.CreatedAt, l.DecidedAt = time.UnixMicro(created).UTC(), time.UnixMicro(due).UTC()
		l.Reason = levelReason(reason, lang)
		out = append(out, l)
	}
	return out, rows.Err()
}
