// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** URIs of RFC 7512: those that name a key whole, and each way to be another. */
class Pkcs11UriTest {
  private static final String QUERY = "?module-path=/usr/lib/m.so&pin-source=file:/run/pin";

  private static Pkcs11Uri parse(String text) throws Exception {
    return Pkcs11Uri.parse(text);
  }

  private static void assertRefused(String text, String sentence) {
    assertThatThrownBy(() -> Pkcs11Uri.parse(text))
        .as(text)
        .isInstanceOf(MalformedPkcs11UriException.class)
        .hasMessageStartingWith("the PKCS #11 URI must")
        .hasMessageContaining(sentence);
  }

  @Test
  void uri_withAllThatItMayHave_isReadDecoded() throws Exception {
    Pkcs11Uri uri =
        parse(
            "pkcs11:token=My%20token;object=Alice%3b%C3%A9;id=%00%ff%2F;type=private"
                + "?pin-source=file:/run/a&module-path=/usr/lib/m.so");

    assertThat(uri.token()).isEqualTo("My token");
    assertThat(uri.object()).contains("Alice;é");
    assertThat(uri.id().orElseThrow()).isEqualTo(new byte[] {0, -1, '/'});
    assertThat(uri.module()).isEqualTo(Path.of("/usr/lib/m.so"));
    assertThat(uri.pinFile()).isEqualTo(Path.of("/run/a"));
    assertThat(uri.toString())
        .isEqualTo("of the token \"My token\" labelled \"Alice;é\" with the id 00ff2f");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:/run/pin", "file:///run/pin", "/run/pin", "file:%2Frun%2Fpin"})
  void pinSource_ofEachFormOfAFile_isThatFile(String source) throws Exception {
    assertThat(parse("pkcs11:token=t;id=%01?module-path=/m.so&pin-source=" + source))
        .isEqualTo(
            new Pkcs11Uri(
                "t",
                Optional.empty(),
                Optional.of(new byte[] {1}),
                Path.of("/m.so"),
                Path.of("/run/pin")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:run/pin",
        "run/pin",
        "file://host/run/pin",
        "//run/pin",
        "|cat%20/run/pin",
        "file:/run/%2561",
        "file:/run/%00",
        "https:/run/pin",
        ""
      })
  void pinSource_thatIsNoFile_isRefused(String source) {
    assertRefused(
        "pkcs11:token=t;object=o?module-path=/m.so&pin-source=" + source, "in pin-source");
  }

  /** Of whatever is in such a URI nothing is shown: it may be the PIN. */
  @Test
  void pinValue_isRefused_andNotShown() {
    for (String text :
        List.of(
            "pkcs11:token=t;object=o?module-path=/m.so&pin-value=13572468",
            "pkcs11:token=t;object=o;pin-value=13572468" + QUERY,
            "pkcs11:token=t;object=o" + QUERY + "&pin-value=13572468")) {
      assertThatThrownBy(() -> Pkcs11Uri.parse(text))
          .isInstanceOf(MalformedPkcs11UriException.class)
          .hasMessageContaining("must have no pin-value")
          .hasMessageContaining("change the PIN")
          .hasMessageNotContaining("13572468");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "serial",
        "manufacturer",
        "model",
        "slot-id",
        "slot-description",
        "slot-manufacturer",
        "library-version",
        "library-description",
        "library-manufacturer",
        "x-vendor",
        "module-path",
        "pin-source"
      })
  void attributeBeforeTheMark_thatIsNotUnderstood_isRefused(String name) {
    assertRefused(
        "pkcs11:token=t;object=o;" + name + "=/x" + QUERY, "before the ?, and has " + name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"module-name", "x-vendor", "token", "object"})
  void attributeBehindTheMark_thatIsNotUnderstood_isRefused(String name) {
    assertRefused(
        "pkcs11:token=t;object=o" + QUERY + "&" + name + "=x", "behind the ?, and has " + name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "pkcs11:token=a;token=a;object=o token",
        "pkcs11:token=a;object=o;object=p object",
        "pkcs11:token=a;id=%01;id=%01 id",
      })
  void attribute_thatIsThereTwice_isRefused(String text, String name) {
    assertRefused(text + QUERY, "must have " + name + " once");
    assertRefused("pkcs11:token=a;id=%01" + QUERY + "&module-path=/m.so", "module-path once");
  }

  @Test
  void attribute_thatIsMissing_isRefused() {
    assertRefused("pkcs11:object=o" + QUERY, "must have token, and has not");
    assertRefused("pkcs11:token=t" + QUERY, "by object or id, and has neither");
    assertRefused("pkcs11:token=t;object=o", "must have module-path, and has not");
    assertRefused("pkcs11:token=t;object=o?module-path=/m.so", "must have pin-source, and has not");
    assertRefused("pkcs11:", "must have token");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pkcs11:token=t;;object=o",
        "pkcs11:token=t;object=o;",
        "pkcs11:;token=t;object=o",
        "pkcs11:token;object=o",
        "pkcs11:=t;object=o",
        "pkcs11:Token=t;object=o",
        "pkcs11:token=t&object=o",
        "pkcs11:%74oken=t;object=o",
      })
  void attributes_thatAreNotSeparatedAsTheyMust_areRefused(String text) {
    assertThatThrownBy(() -> Pkcs11Uri.parse(text + QUERY))
        .isInstanceOf(MalformedPkcs11UriException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b", "a\"", "a<", "a#", "a?b", "a/b", "a|b", "é", "a\u0000", "%", "%4", "%4g", "%é0",
        "%-1"
      })
  void token_withWhatMustBeEncoded_isRefused(String value) {
    assertThatThrownBy(() -> Pkcs11Uri.parse("pkcs11:object=o;token=" + value + QUERY))
        .isInstanceOf(MalformedPkcs11UriException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "token=%ff UTF-8",
        "token=%C0%80 UTF-8",
        "token=a%0Ab control",
        "token=%C2%85 control",
        "token= 1_to_32",
        "token=123456789012345678901234567890123 1_to_32",
      })
  void token_thatNoTokenIsCalled_isRefused(String token, String sentence) {
    assertRefused("pkcs11:object=o;" + token + QUERY, sentence.replace('_', ' '));
  }

  @Test
  void objectAndId_areBounded() throws Exception {
    String most = "o".repeat(255);
    assertThat(parse("pkcs11:token=t;object=" + most + QUERY).object()).contains(most);
    assertRefused("pkcs11:token=t;object=" + most + "o" + QUERY, "1 to 255 bytes in object");
    assertRefused("pkcs11:token=t;object=" + QUERY, "1 to 255 bytes in object");
    assertRefused("pkcs11:token=t;id=" + "%01".repeat(256) + QUERY, "1 to 255 bytes in id");
    assertRefused("pkcs11:token=t;id=" + QUERY, "1 to 255 bytes in id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"m.so", "", "/usr/lib/m%20.so", "/usr/$(id)", "file:/m.so"})
  void modulePath_thatNeedsQuotingOrIsNotAbsolute_isRefused(String path) {
    assertRefused(
        "pkcs11:token=t;object=o?pin-source=file:/run/pin&module-path=" + path, "in module-path");
  }

  @Test
  void type_otherThanPrivate_isRefused() {
    for (String type : List.of("public", "cert", "secret-key", "data", "Private", "")) {
      assertRefused("pkcs11:token=t;object=o;type=" + type + QUERY, "type=private or no type");
    }
  }

  @Test
  void text_ofAnotherSchemeOrTooLong_isRefused() {
    for (String text : List.of("", "PKCS11:token=t", "pkcs12:token=t", "/run/key.pem", "pkcs11")) {
      assertRefused(text, "must begin with pkcs11:");
    }
    assertRefused("pkcs11:token=" + "t".repeat(Pkcs11Uri.MAX_CHARS), "at most 2048 characters");
  }

  /** A module that a person names is used as the profile of its kind says. */
  @Test
  void module_ofAProfilesFileName_isUsedAsThatProfileSays() throws Exception {
    TokenProfile soft = TokenProfile.named("softhsm2");
    Path elsewhere = Path.of("/opt/lib").resolve(soft.library().getFileName());

    assertThat(TokenProfile.ofModule(elsewhere)).isEqualTo(soft.withLibrary(elsewhere));
    TokenProfile unknown = TokenProfile.ofModule(Path.of("/opt/lib/libother.so"));
    assertThat(unknown.library()).isEqualTo(Path.of("/opt/lib/libother.so"));
    assertThat(unknown.environment()).isEmpty();
  }

  @Test
  void packedProfiles_areThoseOfTheFolder() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("../hsm-config/profiles"))) {
      assertThat(files.map(file -> file.getFileName().toString().replace(".properties", "")))
          .containsExactlyInAnyOrderElementsOf(TokenProfile.PACKED);
    }
  }
}
