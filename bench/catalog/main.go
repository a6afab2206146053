// Command catalog measures the search of the training portal's catalogue over
// 10,000 made-up services, key by key as a person types, against SQLite's FTS5
// over the same texts and the same keystrokes in the same run, and what loading
// the real catalogue costs. It fails when a bar is missed.
//
//	go run ./bench/catalog
//
// Every keystroke is timed in several rounds and the least time counts, so that
// a busy machine does not decide; both sides are treated alike.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the baseline

	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/search"
)

const (
	services   = 10_000
	queries    = 120
	rounds     = 3
	first      = 3                    // hits that a person looks at
	barKey     = 5 * time.Millisecond // p99 of a keystroke
	barRatio   = 0.5                  // of the time of FTS5
	barLoading = 3 * time.Millisecond // the median
	shown      = 10
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/catalog:", err)
		os.Exit(1)
	}
}

// A service is an act upon a thing in a place: the nominative, by which people
// ask, and the genitive, which stands in titles.
var acts = []string{
	"регистрация", "выдача", "замена", "продление", "аннулирование", "согласование", "проверка", "переоформление", "восстановление", "учёт",
	"лицензирование", "аттестация", "субсидирование", "присвоение", "утверждение", "признание", "назначение", "прекращение", "подключение", "обжалование",
}

var things = [][2]string{
	{"паспорт", "паспорта"}, {"участок", "участка"}, {"квартира", "квартиры"}, {"автомобиль", "автомобиля"}, {"трактор", "трактора"}, {"судно", "судна"},
	{"удостоверение", "удостоверения"}, {"лицензия", "лицензии"}, {"справка", "справки"}, {"выписка", "выписки"}, {"пособие", "пособия"}, {"пенсия", "пенсии"},
	{"стипендия", "стипендии"}, {"договор", "договора"}, {"вывеска", "вывески"}, {"киоск", "киоска"}, {"школа", "школы"}, {"больница", "больницы"},
	{"аптека", "аптеки"}, {"гостиница", "гостиницы"}, {"ярмарка", "ярмарки"}, {"перепланировка", "перепланировки"}, {"скважина", "скважины"}, {"дерево", "дерева"},
	{"оружие", "оружия"}, {"охотбилет", "охотбилета"}, {"путёвка", "путёвки"}, {"сертификат", "сертификата"}, {"диплом", "диплома"}, {"патент", "патента"},
	{"ветеран", "ветерана"}, {"опекун", "опекуна"}, {"инвалид", "инвалида"}, {"предприниматель", "предпринимателя"}, {"мигрант", "мигранта"}, {"адвокат", "адвоката"},
	{"нотариус", "нотариуса"}, {"водитель", "водителя"}, {"перевозчик", "перевозчика"}, {"застройщик", "застройщика"},
}

var places = [][2]string{
	{"Абакан", "Абакане"}, {"Анадырь", "Анадыре"}, {"Архангельск", "Архангельске"}, {"Астрахань", "Астрахани"}, {"Барнаул", "Барнауле"}, {"Белгород", "Белгороде"},
	{"Благовещенск", "Благовещенске"}, {"Брянск", "Брянске"}, {"Владивосток", "Владивостоке"}, {"Владимир", "Владимире"}, {"Волгоград", "Волгограде"}, {"Вологда", "Вологде"},
	{"Воронеж", "Воронеже"}, {"Екатеринбург", "Екатеринбурге"}, {"Иваново", "Иванове"}, {"Ижевск", "Ижевске"}, {"Иркутск", "Иркутске"}, {"Казань", "Казани"},
	{"Калининград", "Калининграде"}, {"Калуга", "Калуге"}, {"Кемерово", "Кемерове"}, {"Киров", "Кирове"}, {"Кострома", "Костроме"}, {"Краснодар", "Краснодаре"},
	{"Красноярск", "Красноярске"}, {"Курган", "Кургане"}, {"Курск", "Курске"}, {"Липецк", "Липецке"}, {"Магадан", "Магадане"}, {"Мурманск", "Мурманске"},
	{"Новосибирск", "Новосибирске"}, {"Омск", "Омске"}, {"Оренбург", "Оренбурге"}, {"Пенза", "Пензе"}, {"Пермь", "Перми"}, {"Псков", "Пскове"}, {"Рязань", "Рязани"},
	{"Самара", "Самаре"}, {"Саратов", "Саратове"}, {"Смоленск", "Смоленске"}, {"Тверь", "Твери"}, {"Томск", "Томске"}, {"Тюмень", "Тюмени"}, {"Челябинск", "Челябинске"},
}

type service struct{ act, thing, place int }

func (s service) title() string {
	act := []rune(acts[s.act])
	return strings.ToUpper(string(act[:1])) + string(act[1:]) + " " + things[s.thing][1] + " в " + places[s.place][1]
}

func (s service) summary() string {
	return "Подать заявление в администрацию города " + places[s.place][0] + " и получить решение о том, что такое " + things[s.thing][0]
}

func made(r *rand.Rand) []service {
	seen := map[service]bool{}
	var out []service
	for len(out) < services {
		s := service{r.IntN(len(acts)), r.IntN(len(things)), r.IntN(len(places))}
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// query is what a person types who looks for a service.
type query struct {
	text string
	want int
}

// asked makes queries of five kinds in turn: as it is, other forms of the words,
// a typo, the wrong keyboard layout, a last word that is not finished.
func asked(r *rand.Rand, list []service) []query {
	var out []query
	for n := range queries {
		want := r.IntN(len(list))
		s := list[want]
		words := []string{acts[s.act], things[s.thing][1], places[s.place][1]}
		switch n % 5 {
		case 1:
			words[1], words[2] = things[s.thing][0], places[s.place][0]
		case 2:
			words[1] = typo(r, words[1])
		case 3:
			for i := range words {
				words[i] = layout(words[i])
			}
		case 4:
			last := []rune(words[2])
			words[2] = string(last[:max(3, len(last)-3)])
		}
		out = append(out, query{strings.ToLower(strings.Join(words, " ")), want})
	}
	return out
}

// typo swaps two letters in the middle of a word.
func typo(r *rand.Rand, w string) string {
	l := []rune(w)
	if len(l) < 5 {
		return w
	}
	i := 1 + r.IntN(len(l)-3)
	l[i], l[i+1] = l[i+1], l[i]
	return string(l)
}

// layout types a Russian word in the English layout.
func layout(w string) string {
	const latin = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
	cyrillic := []rune("йцукенгшщзхъфывапролджэячсмитьбюё")
	return strings.Map(func(r rune) rune {
		if i := slices.Index(cyrillic, r); i >= 0 {
			return rune(latin[i])
		}
		return r
	}, strings.ToLower(w))
}

// keystrokes are the beginnings of a query, letter by letter.
func keystrokes(q string) []string {
	l := []rune(q)
	out := make([]string, len(l))
	for i := range l {
		out[i] = string(l[:i+1])
	}
	return out
}

func run(ctx context.Context) error {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // made-up data
	list := made(r)
	docs := make([]search.Doc, len(list))
	for i, s := range list {
		docs[i] = search.Doc{Prior: 50, Fields: []search.Field{{Text: s.title(), Weight: 100, Title: true}, {Text: s.summary(), Weight: 40}}}
	}
	index := search.New(docs, search.Dictionary{Stop: []string{"в", "и", "о", "что", "такое"}})
	db, err := baseline(ctx, list)
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := db.PrepareContext(ctx, "SELECT rowid FROM services WHERE services MATCH ? ORDER BY bm25(services, 10.0, 4.0) LIMIT ?")
	if err != nil {
		return err
	}
	defer st.Close()

	ours := func(q string) ([]int, error) {
		hits, _ := index.Search(q, nil, shown)
		out := make([]int, len(hits))
		for i, h := range hits {
			out[i] = h.Doc
		}
		return out, nil
	}
	theirs := func(q string) ([]int, error) { return match(ctx, st, q) }

	var times [2][]time.Duration // least time per keystroke, ours and theirs
	found := [2]int{}
	all := asked(r, list)
	for _, q := range all {
		for _, typed := range keystrokes(q.text) {
			for side, f := range []func(string) ([]int, error){ours, theirs} {
				least := time.Hour
				for range rounds {
					began := time.Now()
					if _, err := f(typed); err != nil {
						return fmt.Errorf("%q: %w", typed, err)
					}
					least = min(least, time.Since(began))
				}
				times[side] = append(times[side], least)
			}
		}
		for side, f := range []func(string) ([]int, error){ours, theirs} {
			got, err := f(q.text)
			if err != nil {
				return err
			}
			if slices.Contains(got[:min(first, len(got))], q.want) {
				found[side]++
			}
		}
	}
	sum, p99 := [2]time.Duration{}, [2]time.Duration{}
	for side := range times {
		for _, d := range times[side] {
			sum[side] += d
		}
		slices.Sort(times[side])
		p99[side] = times[side][len(times[side])*99/100]
	}
	ratio := float64(sum[0]) / float64(sum[1])
	fmt.Printf("%d services, %d queries, %d keystrokes, least of %d rounds\n", services, len(all), len(times[0]), rounds)
	fmt.Printf("  search   p99 %-10v all %-12v first three %d of %d\n", p99[0].Round(time.Microsecond), sum[0].Round(time.Millisecond), found[0], len(all))
	fmt.Printf("  fts5     p99 %-10v all %-12v first three %d of %d\n", p99[1].Round(time.Microsecond), sum[1].Round(time.Millisecond), found[1], len(all))
	fmt.Printf("  ratio    %.2f of FTS5 (bar %.2f)\n", ratio, barRatio)

	loading, listing, searching, err := load()
	if err != nil {
		return err
	}
	fmt.Printf("loading the catalogue: open %v, and its list %v, and the first search %v (bar %v for a list)\n", loading, listing, searching, barLoading)
	var missed []string
	if p99[0] > barKey {
		missed = append(missed, fmt.Sprintf("p99 of a keystroke %v > %v", p99[0], barKey))
	}
	if ratio > barRatio {
		missed = append(missed, fmt.Sprintf("ratio %.2f > %.2f", ratio, barRatio))
	}
	if found[0] <= found[1] {
		missed = append(missed, fmt.Sprintf("hits %d, FTS5 has %d", found[0], found[1]))
	}
	if listing > barLoading {
		missed = append(missed, fmt.Sprintf("loading %v > %v", listing, barLoading))
	}
	if len(missed) > 0 {
		return errors.New(strings.Join(missed, "; "))
	}
	return nil
}

// load times opening the embedded catalogue anew: alone, with its list, and with
// the first search; the median of many.
func load() (open, list, find time.Duration, err error) {
	const times = 41
	var all [3][]time.Duration
	for range times {
		began := time.Now()
		c, err := catalog.Load()
		if err != nil {
			return 0, 0, 0, err
		}
		all[0] = append(all[0], time.Since(began))
		if _, err := c.Search(catalog.Filter{}); err != nil {
			return 0, 0, 0, err
		}
		all[1] = append(all[1], time.Since(began))
		if _, err := c.Search(catalog.Filter{Query: "загранпаспорт"}); err != nil {
			return 0, 0, 0, err
		}
		all[2] = append(all[2], time.Since(began))
	}
	for i := range all {
		slices.Sort(all[i])
	}
	return all[0][times/2].Round(time.Microsecond), all[1][times/2].Round(time.Microsecond), all[2][times/2].Round(time.Microsecond), nil
}

// baseline puts the same texts into FTS5, in memory, with prefix indexes.
func baseline(ctx context.Context, list []service) (*sql.DB, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE VIRTUAL TABLE services USING fts5(title, summary, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4')"); err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	for i, s := range list {
		if _, err := tx.ExecContext(ctx, "INSERT INTO services(rowid, title, summary) VALUES (?, ?, ?)", i+1, s.title(), s.summary()); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return db, tx.Commit()
}

// match asks FTS5 as programs do that search while somebody types: every word
// is a beginning.
func match(ctx context.Context, st *sql.Stmt, q string) ([]int, error) {
	var terms []string
	for _, w := range strings.Fields(q) {
		terms = append(terms, `"`+strings.ReplaceAll(w, `"`, `""`)+`"*`)
	}
	if len(terms) == 0 {
		return nil, nil
	}
	rows, err := st.QueryContext(ctx, strings.Join(terms, " "), shown)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id-1)
	}
	return out, rows.Err()
}
