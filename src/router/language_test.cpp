#include "router/language.h"

#include <gtest/gtest.h>

#include <string>

namespace hearth {
namespace {

struct Sample {
  const char* code;
  const char* text;
};

class LanguageTest : public testing::TestWithParam<Sample> {};

TEST_P(LanguageTest, tells_a_sentence) {
  const auto verdict = detect_language(GetParam().text);
  EXPECT_STREQ(verdict.code.data(), GetParam().code) << GetParam().text;
  EXPECT_GT(verdict.confidence, 0.0F);
}

INSTANTIATE_TEST_SUITE_P(
    ThirtyLanguages, LanguageTest,
    testing::Values(
        Sample{"en", "Could you explain why the leaves change their colour in autumn?"},
        Sample{"de", "Kannst du mir erklären, warum sich die Blätter im Herbst verfärben?"},
        Sample{"fr", "Peux-tu m'expliquer pourquoi les feuilles changent de couleur en automne ?"},
        Sample{"es", "¿Puedes explicarme por qué las hojas cambian de color en otoño?"},
        Sample{"it", "Puoi spiegarmi perché le foglie cambiano colore in autunno?"},
        Sample{"pt", "Você pode me explicar por que as folhas mudam de cor no outono?"},
        Sample{"nl", "Kun je mij uitleggen waarom de bladeren in de herfst van kleur veranderen?"},
        Sample{"pl", "Czy możesz mi wyjaśnić, dlaczego liście jesienią zmieniają kolor?"},
        Sample{"cs", "Můžeš mi vysvětlit, proč listí na podzim mění barvu?"},
        Sample{"hu", "El tudod magyarázni, miért változik ősszel a levelek színe?"},
        Sample{"ro", "Poți să-mi explici de ce frunzele își schimbă culoarea toamna?"},
        Sample{"sv", "Kan du förklara för mig varför löven byter färg på hösten?"},
        Sample{"fi", "Voitko selittää minulle, miksi lehdet vaihtavat väriä syksyllä?"},
        Sample{"tr", "Yaprakların sonbaharda neden renk değiştirdiğini bana açıklayabilir misin?"},
        Sample{"vi", "Bạn có thể giải thích tại sao lá cây đổi màu vào mùa thu không?"},
        Sample{"id", "Bisakah kamu menjelaskan kepada saya mengapa daun berubah warna pada musim gugur?"},
        Sample{"ru", "Можешь объяснить мне, почему листья осенью меняют цвет?"},
        Sample{"uk", "Чи можеш ти пояснити мені, чому листя восени змінює колір?"},
        Sample{"ar", "هل يمكنك أن تشرح لي لماذا يتغير لون الأوراق في الخريف؟"},
        Sample{"fa",
               "آیا می‌توانید توضیح دهید که چرا برگ‌ها در پاییز تغییر "
               "رنگ "
               "می‌دهند؟"},
        Sample{"hi", "क्या आप मुझे समझा सकते हैं कि पतझड़ में पत्तियों का रंग क्यों बदलता है?"},
        Sample{"el", "Μπορείς να μου εξηγήσεις γιατί τα φύλλα αλλάζουν χρώμα;"},
        Sample{"he", "תוכל להסביר לי למה העלים משנים את צבעם בסתיו?"}, Sample{"th", "ช่วยอธิบายหน่อยว่าทำไมใบไม้ถึงเปลี่ยนสี"},
        Sample{"ko", "가을에 나뭇잎의 색이 왜 변하는지 설명해 줄 수 있어?"},
        Sample{"ja", "秋になると葉の色が変わる理由を説明してくれる？"},
        Sample{"zh", "你能解释一下为什么秋天树叶会变色吗？"}, Sample{"bn", "শরৎকালে পাতার রং কেন বদলায় তা বুঝিয়ে বলবে?"},
        Sample{"ta", "இலையுதிர் காலத்தில் இலைகளின் நிறம் ஏன் மாறுகிறது?"},
        Sample{"ka", "შეგიძლია ამიხსნა, რატომ იცვლის ფოთოლი ფერს?"}));

TEST(Language, says_nothing_of_a_text_without_letters) {
  for (const char* text : {"", " ", "12 + 30 = ?", "\n\n\t", "🙂🙂🙂", "!"})
    EXPECT_STREQ(detect_language(text).code.data(), "") << text;
}

TEST(Language, any_bytes_are_a_text) {
  std::string bytes;
  for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>(i * 31 % 256);
  const auto verdict = detect_language(bytes);
  EXPECT_GE(verdict.confidence, 0.0F);
  EXPECT_LE(verdict.confidence, 1.0F);
}

TEST(Language, knows_more_than_twenty_by_letters) { EXPECT_GE(languages_by_letters().size(), 20U); }

}  // namespace
}  // namespace hearth
