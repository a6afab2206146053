package statement

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Status is what a row's own word says became of the operation.
type Status uint8

// The statuses. Only NotStated and Executed leave an entry evidence.
const (
	NotStated    Status = iota // the statement has no word for it: its rows are what was done
	Executed                   // done
	Pending                    // taken, held or being worked on
	Refused                    // will not be done
	Cancelled                  // called back
	Reversed                   // the money came back
	Unclear                    // an empty or an unknown word, or words that contradict each other
	Contradicted               // nothing else says that it was not done, but a reason of a refusal stands beside
)

// statusesFile lists the words of banks; it is parsed when the first status is met.
//
//go:embed statuses.tsv
var statusesFile string

// stems are words of statuses and how a status of such a word is understood.
type stems struct {
	whole map[string]class
	parts []stem
}

type stem struct {
	text string
	class
}

type class uint16

const (
	classExecuted class = 1 << iota
	classPending
	classRefused
	classCancelled
	classReversed
	classPartly
	classStage  // what comes before the execution
	classPassed // executed, when a payment is what has passed
	classThing  // what may have passed; says nothing else
)

var statusStems = sync.OnceValue(func() *stems {
	s := &stems{whole: map[string]class{}}
	named := map[string]class{"executed": classExecuted, "pending": classPending, "refused": classRefused, "cancelled": classCancelled, "returned": classReversed, "partly": classPartly, "stage": classStage, "passed": classPassed, "thing": classThing}
	for line := range strings.Lines(statusesFile) {
		name, words, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		c := named[name]
		if !ok || c == 0 {
			continue
		}
		for w := range strings.FieldsSeq(words) {
			if whole, exact := strings.CutSuffix(w, "."); exact {
				s.whole[whole] |= c
			} else {
				s.parts = append(s.parts, stem{w, c})
			}
		}
	}
	return s
})

func (s *stems) of(word string) (c class) {
	if c := s.whole[word]; c != 0 {
		return c
	}
	longest := 0
	for _, p := range s.parts {
		if len(p.text) > longest && strings.HasPrefix(word, p.text) {
			longest, c = len(p.text), p.class
		}
	}
	return c
}

// statusWords is how many words of a status are looked at.
const statusWords = 40

// StatusOf reads the word with which a bank says what became of an operation,
// in Russian or English. «Не исполнен» is no execution; «исполнение отменено»
// is a cancellation; an unknown word is Unclear, and so is an empty one: a table
// that has statuses gives each row one.
func StatusOf(text string) Status {
	words := strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(text), "ё", "е"), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > statusWords {
		words = words[:statusWords]
	}
	list := statusStems()
	if c, known := list.whole[strings.Join(words, "")]; known && len(words) > 1 {
		return c.status() // the names of ISO 20022, taken apart: Accepted Settlement Completed
	}
	var found class
	negated, strange := false, false
	for _, w := range words {
		if w == "не" || w == "not" || w == "без" || w == "нет" || w == "no" || w == "un" {
			negated = true
			continue
		}
		c := list.of(w)
		switch {
		case c == classThing:
			continue
		case negated && c&(classExecuted|classStage|classPassed) != 0:
			c = classPending // «не исполнен» says that it was not done, and not that it never will be
		case negated && c != 0:
			return Unclear // «не отклонён», «не в обработке»
		}
		if c != 0 {
			negated = false
		}
		found, strange = found|c, strange || c == 0
	}
	if found&classPassed != 0 && strange || negated {
		found &^= classPassed | classExecuted
	}
	return found.status()
}

// status is what all words of a status say together; the worse ones count.
func (found class) status() Status {
	switch {
	case found&classPartly != 0:
		return Unclear
	case found&classReversed != 0:
		return Reversed
	case found&classCancelled != 0:
		return Cancelled
	case found&classRefused != 0:
		return Refused
	case found&(classPending|classStage) != 0:
		return Pending
	case found&(classExecuted|classPassed) != 0:
		return Executed
	}
	return Unclear
}

// why says why a row of this status is no evidence.
func (s Status) why(word string) i18n.Message {
	w := untrusted.Text(clip(word))
	switch s {
	case Pending:
		return i18n.Text{RU: "банк ещё не исполнил: статус «%s»", EN: "the bank has not executed it yet: status \"%s\""}.With(w)
	case Refused:
		return i18n.Text{RU: "банк отказал: статус «%s»", EN: "the bank refused: status \"%s\""}.With(w)
	case Cancelled:
		return i18n.Text{RU: "операция отменена: статус «%s»", EN: "the operation was cancelled: status \"%s\""}.With(w)
	case Reversed:
		return i18n.Text{RU: "деньги вернулись: статус «%s»", EN: "the money came back: status \"%s\""}.With(w)
	case Contradicted:
		return i18n.Text{RU: "банк назвал и причину отказа («%s»): исполнено ли это, решит человек", EN: "the bank names a reason of a refusal as well (\"%s\"): a person must tell whether it was done"}.With(w)
	case Unclear:
		if w == "" {
			return i18n.Say("статус не указан, а в других строках он есть: исполнено ли это, решит человек", "no status is given, and other rows have one: a person must tell whether it was done")
		}
		return i18n.Text{RU: "статус «%s» здесь не известен: исполнено ли это, решит человек", EN: "the status \"%s\" is not known here: a person must tell whether it was done"}.With(w)
	}
	return i18n.Message{}
}
