#include "router/attachment_words.h"

#include <algorithm>
#include <string_view>

namespace hearth {
namespace {

enum WordGroup : std::uint8_t { kImage = 1, kAudio = 2, kWrite = 4, kSpeak = 8, kPoints = 16 };

// Beginnings of words as fold() leaves them. A trailing '$' asks for the whole word. Own list; languages: en de fr es
// it pt nl pl cs sv da no fi tr ro hu ru uk el ar he hi zh ja ko vi id.
struct Stem {
  std::u32string_view begin;
  std::uint8_t groups;
};
constexpr Stem kStems[] = {
    {U"image", kImage},
    {U"picture", kImage},
    {U"photo", kImage},
    {U"screenshot", kImage},
    {U"drawing", kImage},
    {U"painting", kImage},
    {U"diagram", kImage},
    {U"chart", kImage},
    {U"selfie", kImage},
    {U"snapshot", kImage},
    {U"pic$", kImage},
    {U"pics$", kImage},
    {U"scan$", kImage},
    {U"figure$", kImage},
    {U"poster", kImage},
    {U"meme$", kImage},
    {U"bild", kImage},
    {U"foto", kImage},
    {U"zeichnung", kImage},
    {U"aufnahme", kAudio},
    {U"imagen", kImage},
    {U"imagem", kImage},
    {U"immagine", kImage},
    {U"dibujo", kImage},
    {U"afbeelding", kImage},
    {U"plaatje", kImage},
    {U"obraz", kImage},
    {U"zdjec", kImage},
    {U"obrazek", kImage},
    {U"snimek", kImage},
    {U"billede", kImage},
    {U"bilde", kImage},
    {U"kuva", kImage},
    {U"resim", kImage},
    {U"gorsel", kImage},
    {U"fotograf", kImage},
    {U"kep$", kImage},
    {U"kepen", kImage},
    {U"изображен", kImage},
    {U"картин", kImage},
    {U"фото", kImage},
    {U"рисун", kImage},
    {U"зображен", kImage},
    {U"снимк", kImage},
    {U"εικονα", kImage},
    {U"φωτογραφ", kImage},
    {U"صورة", kImage},
    {U"الصورة", kImage},
    {U"תמונה", kImage},
    {U"התמונה", kImage},
    {U"तस्वीर", kImage},
    {U"चित्र", kImage},
    {U"gambar", kImage},
    {U"hinh", kImage},
    {U"사진", kImage},
    {U"그림", kImage},
    {U"이미지", kImage},
    {U"audio", kAudio},
    {U"recording", kAudio},
    {U"voicemail", kAudio},
    {U"podcast", kAudio},
    {U"speech$", kAudio},
    {U"mp3$", kAudio},
    {U"wav$", kAudio},
    {U"sound", kAudio},
    {U"clip$", kAudio},
    {U"transcri", kAudio | kWrite},
    {U"transkri", kAudio | kWrite},
    {U"trascri", kAudio | kWrite},
    {U"dictat", kAudio | kWrite},
    {U"diktat", kAudio | kWrite},
    {U"diktier", kAudio | kWrite},
    {U"subtitle", kAudio | kWrite},
    {U"untertitel", kAudio | kWrite},
    {U"enregistrement", kAudio},
    {U"grabacion", kAudio},
    {U"gravacao", kAudio},
    {U"registrazion", kAudio},
    {U"opname", kAudio},
    {U"nagrani", kAudio},
    {U"nahravk", kAudio},
    {U"inspelning", kAudio},
    {U"optagelse", kAudio},
    {U"aanitys", kAudio},
    {U"kayit", kAudio},
    {U"аудио", kAudio},
    {U"запис", kAudio},
    {U"транскри", kAudio | kWrite},
    {U"расшифру", kAudio | kWrite},
    {U"녹음", kAudio},
    {U"음성", kAudio},
    {U"تسجيل", kAudio},
    {U"התמלל", kAudio | kWrite},
    {U"aloud$", kSpeak},
    {U"loud$", kSpeak},
    {U"narrat", kSpeak},
    {U"pronounce", kSpeak},
    {U"tts$", kSpeak},
    {U"say$", kSpeak},
    {U"speak$", kSpeak},
    {U"vorlesen", kSpeak},
    {U"vor$", kSpeak},
    {U"laut$", kSpeak},
    {U"haute$", kSpeak},
    {U"alta$", kSpeak},
    {U"hardop", kSpeak},
    {U"nahlas", kSpeak},
    {U"glos", kSpeak},
    {U"hogt", kSpeak},
    {U"вслух", kSpeak},
    {U"вголос", kSpeak},
    {U"this$", kPoints},
    {U"that$", kPoints},
    {U"these$", kPoints},
    {U"here$", kPoints},
    {U"it$", kPoints},
    {U"das$", kPoints},
    {U"dies", kPoints},
    {U"hier$", kPoints},
    {U"ceci$", kPoints},
    {U"ca$", kPoints},
    {U"cela$", kPoints},
    {U"esto$", kPoints},
    {U"aqui$", kPoints},
    {U"isto$", kPoints},
    {U"isso$", kPoints},
    {U"questo$", kPoints},
    {U"qui$", kPoints},
    {U"dit$", kPoints},
    {U"dat$", kPoints},
    {U"detta$", kPoints},
    {U"dette$", kPoints},
    {U"tama$", kPoints},
    {U"bu$", kPoints},
    {U"ez$", kPoints},
    {U"это$", kPoints},
    {U"этом$", kPoints},
    {U"це$", kPoints},
    {U"هذا$", kPoints},
    {U"هذه$", kPoints},
    {U"यह$", kPoints},
    {U"이것", kPoints},
    {U"이게", kPoints},
    {U"ini$", kPoints},
};

// Two signs of scripts whose words are not apart: each sign is a token.
struct SignPair {
  char32_t first, second;
  std::uint8_t groups;
};
constexpr SignPair kPairs[] = {
    {U'图', U'片', kImage},          {U'照', U'片', kImage},          {U'图', U'像', kImage},  {U'截', U'图', kImage},
    {U'画', U'像', kImage},          {U'写', U'真', kImage},          {U'圖', U'片', kImage},  {U'录', U'音', kAudio},
    {U'语', U'音', kAudio},          {U'音', U'频', kAudio},          {U'録', U'音', kAudio},  {U'音', U'声', kAudio},
    {U'转', U'录', kAudio | kWrite}, {U'听', U'写', kAudio | kWrite}, {U'朗', U'读', kSpeak},  {U'读', U'出', kSpeak},
    {U'読', U'み', kSpeak},          {U'这', U'是', kPoints},         {U'こ', U'れ', kPoints}, {U'这', U'个', kPoints},
};

bool matches(std::span<const char32_t> token, std::u32string_view stem) {
  const bool whole = stem.back() == U'$';
  if (whole) stem.remove_suffix(1);
  if (token.size() < stem.size() || (whole && token.size() != stem.size())) return false;
  return std::equal(stem.begin(), stem.end(), token.begin());
}

std::uint8_t groups_of(std::span<const char32_t> token) {
  for (const auto& stem : kStems)
    if (stem.begin.front() == token.front() && matches(token, stem.begin)) return stem.groups;
  return 0;
}

std::uint8_t groups_of_pair(char32_t first, char32_t second) {
  for (const auto& pair : kPairs)
    if (pair.first == first && pair.second == second) return pair.groups;
  return 0;
}

}  // namespace

AttachmentWords read_attachment_words(const TokenFlow& tokens) {
  AttachmentWords found;
  std::uint8_t groups = 0;
  for (std::size_t i = 0; i < tokens.n_tokens; ++i) {
    const auto token = tokens.token(i);
    const auto kind = kind_of(token.front());
    if (kind == CharKind::kSymbol) continue;
    ++found.n_words;
    if (kind != CharKind::kAlone) {
      groups |= groups_of(token);
    } else if (i + 1 < tokens.n_tokens) {
      groups |= groups_of_pair(token.front(), tokens.token(i + 1).front());
    }
  }
  found.image = (groups & kImage) != 0;
  found.audio = (groups & kAudio) != 0;
  found.write = (groups & kWrite) != 0;
  found.speak = (groups & kSpeak) != 0;
  found.points = (groups & kPoints) != 0;
  return found;
}

}  // namespace hearth
