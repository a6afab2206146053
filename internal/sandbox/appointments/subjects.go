// Package appointments is the embedded portal's reception: what one may be
// received for, the places and their hours, who has which slot, the list of those
// who wait for one, and the letters about it. Only packages under internal/sandbox
// may import it.
package appointments

import (
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/dictionaries"
)

// Subject is what somebody is received for: a service at a department, or a doctor.
type Subject struct {
	ID      string
	Doctor  bool
	Title   i18n.Text
	Service string // slug in the catalogue
	Offices string // dictionary of the places; "" is the clinics
	Length  time.Duration
	Orgs    bool // an organisation may come for it, too
}

const (
	visit   = 30 * time.Minute // at a department
	patient = 15 * time.Minute // at a doctor's
)

// Subjects lists what can be booked.
func Subjects() []Subject {
	office := func(service, dictionary, ru, en string, orgs bool) Subject {
		return Subject{ID: service, Title: i18n.Text{RU: ru, EN: en}, Service: service, Offices: dictionary, Length: visit, Orgs: orgs}
	}
	doctor := func(id, ru, en string) Subject {
		return Subject{ID: "doctor-" + id, Doctor: true, Title: i18n.Text{RU: ru, EN: en}, Service: "doctor-appointment", Length: patient}
	}
	return []Subject{
		doctor("therapist", "Терапевт", "General practitioner"),
		doctor("paediatrician", "Педиатр", "Paediatrician"),
		doctor("dentist", "Стоматолог", "Dentist"),
		doctor("ophthalmologist", "Офтальмолог", "Ophthalmologist"),
		doctor("surgeon", "Хирург", "Surgeon"),
		doctor("neurologist", "Невролог", "Neurologist"),
		doctor("cardiologist", "Кардиолог", "Cardiologist"),
		doctor("gynaecologist", "Акушер-гинеколог", "Gynaecologist"),
		doctor("otolaryngologist", "Оториноларинголог", "Otolaryngologist"),
		office("zagranpasport", "MVD", "Заграничный паспорт: подача и получение", "Foreign passport: papers and issue", false),
		office("passport", "MVD", "Паспорт гражданина: подача и получение", "Passport: papers and issue", false),
		office("marriage", "ZAGS", "Регистрация брака", "Marriage", false),
		office("birth-registration", "ZAGS", "Регистрация рождения", "Registration of a birth", false),
		office("vehicle-registration", "GIBDD", "Регистрация автомобиля", "Registration of a vehicle", true),
		office("driving-exam", "GIBDD", "Экзамен на права", "Driving exam", false),
	}
}

// Find returns the subject of an id.
func Find(id string) (Subject, bool) {
	for _, s := range Subjects() {
		if s.ID == id {
			return s, true
		}
	}
	return Subject{}, false
}

// Place is where somebody is received.
type Place struct {
	ID      string // "77-M1"
	Region  string // code of the subject of the federation
	Title   i18n.Text
	Address i18n.Text
	Zone    Zone
}

// clinics is the number of training clinics of a region.
const clinics = 3

// Places lists the places of a subject, by region; region narrows them, "" does not.
func (s Subject) Places(region string) ([]Place, error) {
	of, err := places()
	if err != nil {
		return nil, err
	}
	var out []Place
	for _, p := range of[s.Offices] {
		if region == "" || p.Region == region {
			out = append(out, p)
		}
	}
	return out, nil
}

// Place returns one place of the subject.
func (s Subject) Place(id string) (Place, bool, error) {
	of, err := places()
	if err != nil {
		return Place{}, false, err
	}
	for _, p := range of[s.Offices] {
		if p.ID == id {
			return p, true, nil
		}
	}
	return Place{}, false, nil
}

// places are the offices of the dictionaries and a few clinics for each region.
var places = sync.OnceValues(func() (map[string][]Place, error) {
	all, err := dictionaries.All()
	if err != nil {
		return nil, err
	}
	out := map[string][]Place{}
	for _, s := range Subjects() {
		if _, done := out[s.Offices]; done {
			continue
		}
		d := all[s.Offices]
		if s.Offices == "" {
			d = all["REGIONS"]
		}
		for _, e := range d.Entries {
			region, _, _ := strings.Cut(e.Value, "-")
			zone := ZoneOf(region)
			if s.Offices != "" && e.Parent != "" {
				above := d.Entry(e.Parent)
				out[s.Offices] = append(out[s.Offices], Place{ID: e.Value, Region: region, Title: e.Title, Address: street(above.Title, "1"), Zone: zone})
			}
			if s.Offices == "" && e.Parent == "" {
				for n := range clinics {
					number := string(rune('1' + n))
					out[""] = append(out[""], Place{ID: region + "-P" + number, Region: region, Title: i18n.Text{RU: "Учебная поликлиника № " + number, EN: "Training clinic no. " + number},
						Address: street(e.Title, number+"0"), Zone: zone})
				}
			}
		}
	}
	return out, nil
})

// street is an address in a region.
func street(region i18n.Text, house string) i18n.Text {
	return i18n.Text{RU: region.RU + ", ул. Учебная, " + house, EN: region.EN + ", Uchebnaya st., " + house}
}
