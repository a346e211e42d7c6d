#include "router/privacy_words.h"

#include <array>
#include <cstddef>

#include "router/privacy_text.h"

namespace hearth {
namespace {

struct WordList {
  WordKind kind;
  std::string_view words;  // lower case, between blanks
};

// Our own lists: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, Swedish, Chinese,
// Japanese.
constexpr std::array kLists = {
    WordList{
        WordKind::kOwn,
        "my our mine mein meine meinem meinen meiner meines unser unsere mon ma mes notre nos mi mis nuestro "
        "nuestra mio mia miei nostro nostra meu minha meus minhas nosso nossa mijn onze mój moja moje mojego mojej "
        "мой моя моё мое мои моего моей моему мою меня мне tengo estoy tomo sufro gano tenho sofro jestem mam biorę "
        "zarabiam болею min mitt mina 我的 我 私の 私 僕の 我们的"},
    WordList{WordKind::kSelf, "i we ich wir je j yo io eu ik wij я мы jag vi nosotros nous noi nós"},
    WordList{WordKind::kHave,
             "have had am was take suffer got ve m owe earn habe hatte bin nehme leide schulde verdiene ai suis prends "
             "souffre dois gagne soy debo ho sono prendo soffro devo guadagno tenho sou "
             "estou sofro ganho heb ben slik lijd verdien есть принимаю зарабатываю har är "
             "tar diagnosed"},
    WordList{WordKind::kHealth,
             "diabetes diabetic hiv cancer tumor tumour chemo chemotherapy depression depressed anxiety bipolar "
             "schizophrenia epilepsy asthma pregnant pregnancy miscarriage abortion diagnosis diagnosed insulin "
             "antidepressant antidepressants antibiotics sertraline metformin ibuprofen lisinopril prozac xanax "
             "psychiatrist therapist psychotherapy hypertension cholesterol biopsy surgery hepatitis chlamydia herpes "
             "syphilis adhd autism dementia alzheimer symptoms prescription medication stroke migraine migraines rehab "
             "eczema arthritis infertility overdose suicidal bloodwork mammogram colonoscopy "
             "krebs schwanger schwangerschaft schwangerschaftsabbruch diagnose medikament medikamente rezept blutdruck "
             "krankheit depressionen angststörung therapie psychiater fehlgeburt befund krankschreibung "
             "grossesse enceinte maladie dépression médicament médicaments ordonnance diagnostic traitement tumeur "
             "cáncer embarazo embarazada diabético depresión enfermedad medicamento medicamentos diagnóstico receta "
             "cancro incinta gravidanza malattia depressione diabete farmaco farmaci diagnosi ricetta tumore "
             "câncer grávida gravidez doença depressão remédio remédios "
             "kanker zwanger zwangerschap ziekte depressie medicijn medicijnen "
             "rak ciąża ciąży cukrzyca cukrzycę depresja depresję choroba leki recepta nowotwór "
             "рак диабет беременна беременность депрессия депрессией болезнь лекарство лекарства диагноз вич "
             "gravid sjukdom läkemedel "
             "癌症 糖尿病 抑郁症 怀孕 艾滋病 高血压 诊断 药物 手术 妊娠 うつ病 高血圧 診断 乳がん"},
    WordList{
        WordKind::kFinance,
        "salary mortgage debt debts loan loans bankruptcy payslip savings pension alimony income overdraft "
        "foreclosure wage wages bonus taxes account balance "
        "gehalt schulden kredit hypothek einkommen kontostand konto lohn rente steuern steuererklärung ersparnisse "
        "salaire dette dettes crédit hypothèque revenu revenus compte impôts épargne "
        "salario sueldo deuda deudas hipoteca ingresos cuenta ahorros préstamo impuestos "
        "stipendio debito debiti mutuo reddito conto risparmi "
        "salário dívida dívidas hipoteca renda conta poupança empréstimo "
        "salaris schuld schulden hypotheek inkomen rekening spaargeld lening "
        "pensja pensję dług długi kredyt dochód konto oszczędności "
        "зарплата долг долги ипотека кредит доход счёт счет "
        "lön skuld skulder inkomst "
        "工资 贷款 债务 房贷 存款 收入 給料 借金 年収 預金"},
    WordList{WordKind::kPhone,
             "phone telephone tel mobile cell call whatsapp sms fax telefon telefonnummer handy handynummer "
             "mobil rufnummer nummer téléphone appelle teléfono móvil celular llámame telefono "
             "cellulare telefone telemóvel telefoon mobiel gsm telefonu komórka телефон номер звоните mobilnummer "
             "电话 手机 电话号码 電話 電話番号 携帯"},
    WordList{WordKind::kStreet,
             "street st avenue ave road rd lane ln drive boulevard blvd court square terrace apartment apt "
             "strasse straße weg gasse platz allee str rue allée impasse chemin place calle avenida plaza carrera "
             "paseo via viale piazza corso rua travessa praça straat laan plein ulica ul aleja улица ул проспект "
             "переулок gatan vägen 街 路 丁目 番地 大道"},
    WordList{WordKind::kName,
             "name named called born dob birthday birthdate name's heiße heisse heißt geboren geburtstag nom prénom "
             "appelle née né naissance nombre llamo nacido nacida nacimiento nome chiamo nato nata nascita chamo "
             "nascido naam heet geboren nazwisko imię urodzony urodzona imię зовут имя фамилия родился родилась "
             "heter född 姓名 名字 出生 名前 生年月日"},
    WordList{WordKind::kSecret,
             "password passwd pwd passphrase passcode pin secret token apikey api_key key credentials login cvv cvc "
             "passwort kennwort zugangsdaten schlüssel motdepasse contraseña clave senha wachtwoord hasło пароль "
             "lösenord 密码 口令 パスワード 暗証番号"},
    WordList{WordKind::kId,
             "passport ssn social nin nino licence license identity id bsn burgerservicenummer steuer steuernummer "
             "steueridentifikationsnummer ausweis ausweisnummer personalausweis reisepass passeport dni nie nif cpf "
             "codice fiscale pesel dowód паспорт инн снилс personnummer aadhaar pan 身份证 身份证号 护照 パスポート "
             "マイナンバー"},
    WordList{WordKind::kPatient, "patient patients patientin paziente paciente pacjent пациент 患者 病人"},
    WordList{WordKind::kMoney,
             "euro euros eur usd dollars dollar gbp pounds chf pln rub yuan yen 元 円 рублей złotych"},
};

// Open addressing; a power of two, more than twice as many places as words.
constexpr std::size_t kPlaces = 2048;

struct WordTable {
  std::array<std::uint64_t, kPlaces> hash{};
  std::array<std::uint16_t, kPlaces> kinds{};

  constexpr void add(std::string_view word, WordKind kind) {
    const std::uint64_t wanted = word_hash(word);
    std::size_t at = wanted % kPlaces;
    while (hash[at] != 0 && hash[at] != wanted) at = (at + 1) % kPlaces;
    hash[at] = wanted;
    kinds[at] = static_cast<std::uint16_t>(kinds[at] | static_cast<std::uint16_t>(kind));
  }
};

constexpr WordTable make_table() {
  WordTable table;
  for (const WordList& list : kLists) {
    std::string_view rest = list.words;
    while (!rest.empty()) {
      const std::size_t end = rest.find(' ') == std::string_view::npos ? rest.size() : rest.find(' ');
      if (end > 0) table.add(rest.substr(0, end), list.kind);
      rest.remove_prefix(end < rest.size() ? end + 1 : end);
    }
  }
  return table;
}

constexpr WordTable kTable = make_table();

}  // namespace

std::uint16_t word_kinds(std::uint64_t hash) {
  std::size_t at = hash % kPlaces;
  while (kTable.hash[at] != 0) {
    if (kTable.hash[at] == hash) return kTable.kinds[at];
    at = (at + 1) % kPlaces;
  }
  return 0;
}

}  // namespace hearth
