package apply

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/core/templates"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

const family = `{
 "$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"title":"Запись",
 "required":["kind","office","applicant","children"],
 "x-epgu":{"steps":[{"key":"what","title":"Что нужно"},{"key":"kids","title":"Дети"}],
  "fees":[{"title":"Пошлина","kopecks":30000,"when":{"field":"kind","in":["paper"]}}]},
 "properties":{
  "kind":{"type":"string","title":"Вид","enum":["paper","online"],"x-epgu":{"order":1,"step":"what","labels":{"paper":"На бумаге","online":"Электронно"}}},
  "office":{"type":"string","title":"Отделение","minLength":1,"x-epgu":{"order":2,"step":"what","dictionary":{"code":"OFFICES"}}},
  "applicant":{"type":"object","title":"Заявитель","additionalProperties":false,"required":["lastName","mobile"],"x-epgu":{"order":3,"step":"what"},"properties":{
    "lastName":{"type":"string","title":"Фамилия","minLength":1,"x-epgu":{"order":1}},
    "mobile":{"type":"string","title":"Телефон","pattern":"^\\+7[0-9]{10}$","examples":["+79000000000"],"x-epgu":{"order":2,"mask":"phone"}},
    "birthDate":{"type":"string","format":"date","title":"Дата рождения","x-epgu":{"order":3}}}},
  "children":{"type":"array","title":"Дети","minItems":1,"maxItems":3,"x-epgu":{"order":4,"step":"kids","item":"Ребёнок"},"items":{
    "type":"object","additionalProperties":false,"required":["name"],"properties":{
     "name":{"type":"string","title":"Имя ребёнка","minLength":1,"x-epgu":{"order":1}},
     "needs":{"type":"boolean","title":"Особая программа","default":false,"x-epgu":{"order":2}}}}}}}`

type offices struct{}

func (offices) Entry(_ context.Context, _, value string) (forms.DictionaryEntry, bool, error) {
	e, ok := map[string]forms.DictionaryEntry{"7": {Value: "7", Title: "Учебное отделение № 7"}, "8": {Value: "8", Title: "Учебное отделение № 8"}}[value]
	return e, ok, nil
}

func (o offices) Find(ctx context.Context, code, _, text string, _ int) (out []forms.DictionaryEntry, more bool, err error) {
	for _, v := range []string{"7", "8"} {
		e, _, _ := o.Entry(ctx, code, v)
		if strings.Contains(e.Title.Raw(), text) {
			out = append(out, e)
		}
	}
	return out, false, nil
}

// portal keeps drafts and counts what is submitted.
type portal struct {
	t         *testing.T
	kept      *Draft
	saves     int
	saveErrs  []error
	beginErrs []error
	removed   []string
	sent      []Sending
	outcomes  []error // of the submissions, in order; after them all go well
	signature string
	certs     []string
	mu        sync.Mutex // a load that was given up may still be under way
	begun     []Start
	templates []wire.Template
	papers    []wire.Document // beside the photo
	onSave    func(Draft)
}

// spoken is the language in which the portal is asked.
type spoken struct{}

func (p *portal) Begin(ctx context.Context, from Start) (*Task, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.beginErrs) > 0 {
		err := p.beginErrs[0]
		p.beginErrs = p.beginErrs[1:]
		if err != nil {
			return nil, err
		}
	}
	p.begun = append(p.begun, from)
	code := cmp.Or(from.Code, "900")
	text := family
	if lang, _ := ctx.Value(spoken{}).(i18n.Lang); lang == i18n.EN {
		text = strings.NewReplacer(`"Вид"`, `"Kind"`, `"На бумаге"`, `"On paper"`, `"Фамилия"`, `"Surname"`, `"Что нужно"`, `"What is needed"`).Replace(family)
	}
	form, err := forms.Parse(code, "2026-01", []byte(text))
	if err != nil {
		return nil, err
	}
	form.Today = "2026-12-01"
	known := forms.Known{Values: map[string]any{"applicant": map[string]any{"lastName": "Демина"}}, Sources: map[string]untrusted.Text{"applicant.lastName": "профиль"},
		Suggestions: map[string][]forms.Suggestion{"children": {{Title: "Пётр", Source: "ЗАГС", Values: map[string]any{"name": "Пётр"}}}}}
	t := &Task{Service: &wire.ServiceDetails{Service: wire.Service{Code: code, Slug: "kindergarten", Title: "Запись в детский сад", FeeKopecks: 0}, Signature: p.signature,
		Documents: []wire.Document{{Name: "photo", Title: "Фотография", Required: true, Types: []string{"image/png"}, MaxBytes: 5 << 20}}}}
	t.Service.Documents = append(t.Service.Documents, p.papers...)
	switch {
	case from.Template != "":
		i := slices.IndexFunc(p.templates, func(x wire.Template) bool { return x.Name.Raw() == from.Template })
		var m forms.Migration
		if known, m, err = templates.Lay(form, known, &p.templates[i]); err != nil {
			return nil, err
		}
		t.Told = templates.ToldLaid(&p.templates[i], form, m)
	case from.Repeat != 0:
		known.Values["kind"], known.Sources["kind"], known.Reused = "paper", "заявление", []string{"kind"}
		t.Told = append(templates.ToldAgain(from.Repeat, known, []wire.Superseded{{Path: "applicant.lastName", Was: "Прежняя"}}), i18n.Say("Вложения не повторяются: приложите их снова.", "Attachments are not repeated: attach them again."))
	case p.kept != nil && !from.Fresh:
		t.Draft = *p.kept
	}
	if from.Held != nil {
		t.Draft.Values = from.Held
	}
	t.Known, t.Templates = known, p.templates
	t.Filling = form.Fill(known, t.Draft.Values, offices{})
	return t, nil
}

func (p *portal) Save(_ context.Context, _ *wire.ServiceDetails, d Draft) (Draft, error) {
	p.saves++
	if len(p.saveErrs) > 0 {
		err := p.saveErrs[0]
		p.saveErrs = p.saveErrs[1:]
		return d, err
	}
	if d.ID == "" {
		d.ID = fmt.Sprint("draft-", p.saves)
	}
	d.ETag, d.At = fmt.Sprint(p.saves), now
	if p.onSave != nil {
		p.onSave(d)
	}
	p.kept = &d
	return d, nil
}

func (p *portal) KeepTemplate(_ context.Context, t *Task, name string, values map[string]any, replace bool) (wire.Template, error) {
	i := slices.IndexFunc(p.templates, func(x wire.Template) bool { return x.Name.Raw() == name })
	if i >= 0 && !replace {
		return wire.Template{}, fault.New(exitcode.Conflict, "template.exists", i18n.Say("такой шаблон есть", "there is such a template"))
	}
	kept := wire.Template{ID: name, Name: wire.Text(name), Service: t.Service.Code, FormVersion: "2026-01", Data: t.Filling.Form().Lasting(t.Known, values)}
	if i >= 0 {
		p.templates = slices.Clone(p.templates)
		p.templates[i] = kept
	} else {
		p.templates = append(slices.Clone(p.templates), kept)
	}
	return kept, nil
}

func (p *portal) Remove(_ context.Context, id string) error {
	p.removed = append(p.removed, id)
	return nil
}

func (p *portal) Certificates() ([]string, error) { return p.certs, nil }

func (p *portal) Submit(_ context.Context, s Sending) (applications.Receipt, error) {
	p.sent = append(p.sent, s)
	if len(p.outcomes) > 0 {
		err := p.outcomes[0]
		p.outcomes = p.outcomes[1:]
		if err != nil {
			return applications.Receipt{OrderID: 7001}, err
		}
	}
	return applications.Receipt{OrderID: 7001, Resumed: len(p.sent) > 1}, nil
}

func start(t *testing.T, p *portal, lang i18n.Lang, cols, rows int) *drive.Driver {
	p.t = t
	o := drive.Simple(now, lang, screen.Entry{ID: "first", Title: i18n.Text{RU: "Начало", EN: "Start"}, New: func() screen.Screen { return empty{} }}, Entry(p))
	o.InLanguage = func(ctx context.Context, lang i18n.Lang) context.Context {
		return context.WithValue(ctx, spoken{}, lang)
	}
	return drive.Start(t, o, cols, rows).Send(screen.GoMsg{ID: ID, Arg: "900"})
}

// picture writes a picture and returns its path, with a space in it.
func picture(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "my photo.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 300, 400))); err != nil {
		t.Fatal(err)
	}
	return path
}

// fill fills everything, up to the review.
func fill(t *testing.T, d *drive.Driver) {
	d.Press("enter").Sees("На бумаге").Press("enter")            // kind
	d.Type("8").Sees("отделение № 8").Press("enter")             // office, searched while typing
	d.Press("enter")                                             // the last name stays
	d.Type("8 900 123-45-67").Press("enter").Type("01.02.1990")  // phone by its mask, a date
	d.Press("ctrl+n").Sees("Дети").Press("enter")                // a child
	d.Sees("Пётр (ЗАГС)").Press("1").Sees("Ребёнок 1", "Пётр")   // from the register
	d.Press("ctrl+o").Press("2").Sees("Ребёнок 2").Type("Марья") // by hand
	d.Press("ctrl+n").Sees("Фотография").Paste("'" + picture(t) + "'").Press("enter")
	d.Press("up").Sees("✓")
	d.Press("f6")
}

func TestAWholeApplicationIsFilledByKeyboardAndSubmittedOnce(t *testing.T) {
	p := &portal{}
	d := start(t, p, i18n.RU, 100, 40)
	fill(t, d)
	d.Sees("На бумаге", "Учебное отделение № 8", "+79001234567", "Марья", "PNG", "Пошлина 300,00 ₽", "epgu application submit draft-").SeesNot("Что исправить")
	d.Press("f8").Sees("Подать заявление?").Pause().Press("enter").Sees("Проверка и подача")
	if len(p.sent) > 0 {
		t.Fatal("Enter alone submitted")
	}
	d.Press("f8").Pause().Press("y", "enter").Sees("Заявление подано: № 7001")
	if len(p.sent) != 1 || len(p.removed) != 1 {
		t.Fatalf("sent %d times, removed %v", len(p.sent), p.removed)
	}
	got, _ := json.Marshal(p.sent[0].Values)
	want := `{"applicant":{"birthDate":"1990-02-01","lastName":"Демина","mobile":"+79001234567"},"children":[{"name":"Пётр","needs":false},{"name":"Марья","needs":false}],"kind":"paper","office":"8"}`
	if string(got) != want {
		t.Errorf("sent\n%s, want\n%s", got, want)
	}
	if a := p.sent[0].Attached; len(a) != 1 || a[0].File != "photo.png" {
		t.Errorf("attached %+v", a)
	}
	d.Press("f8").Sees("заявление уже подано")
	if len(p.sent) != 1 {
		t.Error("sent twice")
	}
}

// A paper that the answers do not call for is not asked, neither with the files nor in
// the review; one that was attached stays in sight.
func TestOnlyThePapersThatGoWithTheAnswersAreAsked(t *testing.T) {
	p := &portal{papers: []wire.Document{{Name: "proof", Title: "Доверенность", Types: []string{"image/png"}, MaxBytes: 5 << 20, When: json.RawMessage(`{"field":"kind","in":["online"]}`)}}}
	d := start(t, p, i18n.RU, 100, 40)
	d.Press("enter").Sees("На бумаге").Press("enter")
	d.Press("ctrl+n").Press("ctrl+n").Sees("Фотография").SeesNot("Доверенность")
	d.Press("ctrl+n").Sees("Проверка и подача", "Фотография").SeesNot("Доверенность")
	d.Press("ctrl+p").Press("ctrl+p").Press("ctrl+p").Sees("Вид").Press("home").Press("enter").Press("down").Press("enter").Sees("Электронно")
	d.Press("ctrl+n").Press("ctrl+n").Sees("Фотография", "Доверенность")
}

func TestALostAnswerIsShownAsUnknownAndOnlyAskedAbout(t *testing.T) {
	lost := fault.New(exitcode.Unknown, "application.unknown", i18n.Say("ответа портала нет", "there is no answer of the portal")).Because(errors.New("lost"))
	p := &portal{outcomes: []error{lost}}
	d := start(t, p, i18n.RU, 100, 40)
	fill(t, d)
	d.Press("f8").Pause().Press("y", "enter").Sees("НЕИЗВЕСТНО", "ответа портала нет", "7001", "спросить портал")
	if len(p.removed) > 0 {
		t.Error("the draft was removed")
	}
	d.Type("ы").Press("ctrl+p").Sees("НЕИЗВЕСТНО", "сначала узнайте") // nothing can be changed
	d.Press("esc").Sees("Начало").Send(screen.GoMsg{ID: ID, Arg: "900"}).Sees("НЕИЗВЕСТНО")
	d.Press("f8").Sees("подано: № 7001", "второго заявления нет")
	if len(p.sent) != 2 || !reflect.DeepEqual(p.sent[0], p.sent[1]) && p.sent[0].PIN == p.sent[1].PIN {
		t.Errorf("asked about something else: %+v", p.sent)
	}
}

func TestEverythingWrongIsListedAndLeadsToItsField(t *testing.T) {
	p := &portal{}
	d := start(t, p, i18n.RU, 100, 40)
	d.Press("f8").Sees("Что исправить", "! не заполнено: Вид", "! не заполнено: Отделение", "! не заполнено: Телефон", "! не заполнено: Имя ребёнка", "! не приложен файл: Фотография", "Ничего не отправлено").
		SeesNot("kind:", "applicant.", "--attach") // names of files and flags are no names of a page
	d.Press("down", "down", "enter").Sees("Шаг 1 из 4").Type("12").Press("enter").Sees("!", "+79000000000")
	d.Press("f8").Sees("Шаг 1 из 4") // what does not fit stays to be mended
	if len(p.sent) > 0 {
		t.Error("something was sent")
	}
}

func TestRussianLettersAreTextAndNeverCommands(t *testing.T) {
	p := &portal{}
	d := start(t, p, i18n.RU, 100, 40).Press("down", "down").Press("ctrl+u").Type("йцукен?ё/").Sees("йцукен?ё/").Press("enter")
	if p.kept == nil || p.kept.Values["applicant"].(map[string]any)["lastName"] != "йцукен?ё/" {
		t.Errorf("kept %+v", p.kept)
	}
	if d.Quit() {
		t.Error("й quit")
	}
}

func TestADraftIsGoneOnWithAndMayBeLeftForAFreshForm(t *testing.T) {
	p := &portal{kept: &Draft{ID: "draft-0", ETag: "0", Version: "2025-01", At: now, Values: map[string]any{"kind": "online", "applicant": map[string]any{"lastName": "Примерова"}}}}
	d := start(t, p, i18n.RU, 100, 40).Sees("Электронно", "Примерова", "Черновик сохранён", "форма с тех пор изменилась").SeesNot("← профиль")
	d.Press("ctrl+y").Press("y", "enter").Sees("Демина", "← профиль").SeesNot("Электронно")
	if p.kept.ID != "draft-0" || p.saves != 0 {
		t.Errorf("the draft was touched: %+v", p.kept)
	}
}

func TestADraftChangedElsewhereIsNotWrittenOver(t *testing.T) {
	p := &portal{kept: &Draft{ID: "draft-0", ETag: "0", At: now, Values: map[string]any{"kind": "online"}}, saveErrs: []error{fault.New(exitcode.Conflict, "draft.changed", i18n.Say("изменён", "changed"))}}
	start(t, p, i18n.RU, 100, 40).Press("enter", "enter").Sees("ваши ответы — в новом черновике")
	if p.kept.ID != "draft-2" {
		t.Errorf("kept %+v", p.kept)
	}
}

func TestADraftThatCannotBeKeptSaysWhyAndLosesNothing(t *testing.T) {
	down := fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))
	p := &portal{saveErrs: []error{down}}
	d := start(t, p, i18n.RU, 100, 40).Press("enter", "enter").Sees("Черновик не сохранён: портал недоступен", "На бумаге")
	d.Press("ctrl+s").Sees("Черновик сохранён")
}

func TestAQualifiedSignatureAsksCertificateAndPIN(t *testing.T) {
	p := &portal{signature: "qualified", certs: []string{"work", "home"}}
	d := start(t, p, i18n.RU, 100, 40)
	fill(t, d)
	d.Press("f8").Pause().Press("y", "enter").Sees("Чем подписать").Press("2").Pause().Sees("PIN к «home»").Pause().Type("secret").SeesNot("secret").Press("enter").Sees("подано")
	if p.sent[0].Certificate != "home" || p.sent[0].PIN != "secret" {
		t.Errorf("signed by %q", p.sent[0].Certificate)
	}
}

func TestAFileThatDoesNotFitIsRefusedByItsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(path, []byte("%PDF-1.7"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, &portal{}, i18n.RU, 240, 40).Press("ctrl+n", "ctrl+n").Type(path).Press("enter").Sees("внутри", "PDF, а нужен")
	d.Press("ctrl+u").Press("ctrl+n").Sees("не приложен")
}

// again opens the form in a program with the cache of an earlier one.
func again(t *testing.T, p *portal, cache screen.Cache) *drive.Driver {
	p.t = t
	o := drive.Simple(now, i18n.RU, screen.Entry{ID: "first", Title: i18n.Text{RU: "Начало", EN: "Start"}, New: func() screen.Screen { return empty{} }}, Entry(p))
	o.Held = cache
	return drive.Start(t, o, 100, 40).Send(screen.GoMsg{ID: ID, Arg: "900"})
}

func TestWhatIsTypedIsInTheDraftWhenTheProgramEndsHoweverItEnds(t *testing.T) {
	p, cache := &portal{}, &tui.FileCache{Dir: t.TempDir()}
	d := again(t, p, cache).Press("down", "down").Press("ctrl+u").Type("Примерова") // and no Enter
	d.Root().Close()
	if p.kept == nil || !strings.Contains(fmt.Sprint(p.kept.Values), "Примерова") {
		t.Fatalf("kept %+v", p.kept)
	}
	again(t, p, cache).Sees("Примерова")
}

func TestHalfAnAnswerAndFilesComeBackToTheirFields(t *testing.T) {
	p, cache := &portal{}, &tui.FileCache{Dir: t.TempDir()}
	path := picture(t)
	d := again(t, p, cache).Press("ctrl+n", "ctrl+n").Sees("Фотография").Paste(path).Press("enter").Press("ctrl+p", "ctrl+p").Press("down", "down", "down").Type("900 12")
	d.Root().Close()
	d = again(t, p, cache).Sees("заполняли, когда программа закончилась", "900 12")
	d.Press("ctrl+u").Press("f6").Sees("my photo.png")
	d.Root().Close()
	again(t, p, cache).SeesNot("900 12")
}

func TestFilesOfADraftAreThereAndANewOneIsKeptWithIt(t *testing.T) {
	path := picture(t)
	p := &portal{kept: &Draft{ID: "draft-0", ETag: "0", At: now, Values: map[string]any{"kind": "online"}, Files: map[string]string{"photo": path}}}
	d := start(t, p, i18n.RU, 100, 40).Press("ctrl+n", "ctrl+n").Sees("Фотография", "my photo.png", "✓")
	if p.saves != 0 {
		t.Errorf("only looking at it kept the draft %d times", p.saves)
	}
	other := picture(t)
	d.Press("ctrl+u").Paste(other).Press("enter")
	if p.kept.Files["photo"] != other || p.kept.ID != "draft-0" {
		t.Errorf("kept %+v", p.kept)
	}
	p = &portal{kept: &Draft{ID: "draft-0", ETag: "0", At: now, Files: map[string]string{"photo": path + ".gone"}}}
	start(t, p, i18n.RU, 100, 40).Press("ctrl+n", "ctrl+n").Sees("Фотография", ".gone нет").SeesNot("✓")
	if p.kept.Files["photo"] == "" {
		t.Error("a file that is away for now was forgotten")
	}
}

func TestAnswersThatNoPortalCouldKeepComeBackFromThisMachine(t *testing.T) {
	down := fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is away"))
	p, cache := &portal{saveErrs: []error{down, down, down}}, &tui.FileCache{Dir: t.TempDir()}
	d := again(t, p, cache).Press("down", "down").Press("ctrl+u").Type("Примерова").Press("enter")
	d.Root().Close()
	if p.kept != nil {
		t.Fatalf("kept %+v", p.kept)
	}
	p.saveErrs = nil
	again(t, p, cache).Sees("Примерова", "заполняли, когда программа закончилась")
	if p.kept == nil || !strings.Contains(fmt.Sprint(p.kept.Values), "Примерова") {
		t.Errorf("kept %+v", p.kept)
	}
}

func TestAnItemIsRemovedOnlyWhenConfirmed(t *testing.T) {
	d := start(t, &portal{}, i18n.RU, 100, 40).Press("ctrl+n", "enter", "1").Sees("Ребёнок 1").Press("ctrl+x", "enter").Sees("Ребёнок 1")
	d.Press("ctrl+o", "2").Sees("Ребёнок 2").Press("ctrl+x").Press("y", "enter").SeesNot("Ребёнок 2").Sees("Пётр")
}

func TestAnEnterQuickerThanTheSearchChoosesWhatIsFound(t *testing.T) {
	chosen := ""
	d := &picker{head: i18n.Text{RU: "Выбор", EN: "Choice"}, over: func() {}, list: []forms.Option{{Title: "прежнее"}},
		find: func(_ context.Context, text string) ([]forms.Option, bool, error) {
			return []forms.Option{{Title: untrusted.Text("найдено " + text)}}, false, nil
		},
		chosen: func(o forms.Option) tea.Cmd {
			chosen = o.Title.String()
			return nil
		}}
	e := &screen.Env{Ctx: t.Context()}
	search, _ := d.Update(e, tea.KeyPressMsg{Code: 'б', Text: "б"})
	if _, done := d.Update(e, tea.KeyPressMsg{Code: tea.KeyEnter}); done || chosen != "" {
		t.Fatalf("chose %q before anything was found", chosen)
	}
	if _, done := d.Update(e, search()); !done || chosen != "найдено б" {
		t.Errorf("chose %q", chosen)
	}
}

func TestThePagesInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			p := &portal{outcomes: []error{fault.New(exitcode.Unknown, "application.unknown", i18n.Say("ответа портала нет", "there is no answer of the portal"))}}
			d := start(t, p, lang, size[0], size[1]).Golden("step." + name)
			d.Press("enter").Golden("choice."+name).Press("enter", "enter", "enter", "enter").Type("9001234567").Press("ctrl+n").Press("enter", "1").Golden("children." + name)
			d.Press("ctrl+n").Golden("files." + name).Press("f6").Golden("review." + name)
			d.Press("ctrl+p").Paste("testdata/photo.png").Press("enter").Press("f8").Golden("confirm." + name)
			d.Pause().Press("y", "enter").Golden("unknown." + name).Press("f8").Golden("submitted." + name)
		}
	}
}

// empty is a screen to come back to.
type empty struct{}

func (empty) Open(*screen.Env, string) tea.Cmd              { return nil }
func (empty) Update(*screen.Env, tea.Msg) (tea.Cmd, bool)   { return nil, false }
func (empty) Draw(_ *screen.Env, size view.Size) view.Frame { return view.Frame{}.Fit(size) }
func (empty) Actions(*screen.Env) []screen.Action           { return nil }
