// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.NoteOutcome.Opened;
import dev.writ.tlog.NoteOutcome.Refused;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** c2sp.org/signed-note, "Format" and "Signatures". */
class SignedNoteTest {
  private static final byte[] TEXT = utf8("first\n\nthird line\n");
  private static final KeyPairNoteSigner P256 = KeyPairNoteSigner.of("log", TestKeys.p256());
  private static final KeyPairNoteSigner ED25519 = KeyPairNoteSigner.of("log", TestKeys.ed25519());

  @Test
  void sign_bothTypes_isReadAndOpened() throws Exception {
    SignedNote note = SignedNote.parse(SignedNote.sign(TEXT, P256, ED25519).bytes());
    assertThat(note.text()).isEqualTo(TEXT);
    assertThat(note.signatures())
        .extracting(NoteSignature::keyId)
        .containsExactly(P256.key().keyId(), ED25519.key().keyId());
    assertThat(note.open(verifiers(P256, ED25519)))
        .isInstanceOfSatisfying(Opened.class, opened -> assertThat(opened.signatures()).hasSize(2));
  }

  @Test
  void open_unknownKeyBesides_isIgnored() throws Exception {
    SignedNote note = SignedNote.sign(TEXT, P256, ED25519);
    for (KeyPairNoteSigner known : List.of(P256, ED25519)) {
      assertThat(note.open(verifiers(known)))
          .isInstanceOfSatisfying(
              Opened.class,
              opened ->
                  assertThat(opened.signatures())
                      .extracting(NoteOutcome.VerifiedSignature::key)
                      .containsExactly(known.key()));
    }
  }

  @Test
  void open_noKnownKey_isRefused() throws Exception {
    SignedNote note = SignedNote.sign(TEXT, P256);
    assertThat(note.open(List.of())).isInstanceOf(Refused.class);
    assertThat(note.open(verifiers(ED25519)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.reason()).startsWith("a known key must have signed"));
  }

  /** "MUST ignore signatures from unknown keys, even if they share a name or ID (but not both)". */
  @Test
  void open_sameIdUnderAnotherName_isIgnored() throws Exception {
    NoteSignature line = SignedNote.sign(TEXT, P256).signatures().get(0);
    SignedNote renamed =
        SignedNote.of(TEXT, List.of(new NoteSignature("other", line.keyId(), line.bytes())));
    assertThat(renamed.open(verifiers(P256)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.reason()).startsWith("a known key must have signed"));
  }

  /** "If a signature from a known key fails to verify, clients SHOULD reject the whole note." */
  @Test
  void open_oneKnownKeysSignatureWrong_isRefusedDespiteTheOther() throws Exception {
    NoteSignature wrong = SignedNote.sign(utf8("other\n"), P256).signatures().get(0);
    SignedNote note = SignedNote.sign(TEXT, ED25519).with(List.of(wrong));
    assertThat(note.open(verifiers(P256, ED25519)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.reason())
                    .startsWith("each signature of a known key must verify"));
    assertThat(note.open(verifiers(ED25519))).isInstanceOf(Opened.class);
  }

  @Test
  void open_lineRepeated_countsOnce() throws Exception {
    SignedNote note = SignedNote.sign(TEXT, P256);
    SignedNote repeated = note.with(Collections.nCopies(50, note.signatures().get(0)));
    assertThat(repeated.open(verifiers(P256)))
        .isInstanceOfSatisfying(Opened.class, opened -> assertThat(opened.signatures()).hasSize(1));
  }

  @Test
  void open_anyByteOfTheTextChanged_isRefused() throws Exception {
    byte[] bytes = SignedNote.sign(TEXT, P256, ED25519).bytes();
    for (int i = 0; i < TEXT.length; i++) {
      if (TEXT[i] == '\n') {
        continue;
      }
      byte[] changed = bytes.clone();
      changed[i] ^= 1;
      assertThat(SignedNote.parse(changed).open(verifiers(P256))).isInstanceOf(Refused.class);
      assertThat(SignedNote.parse(changed).open(verifiers(ED25519))).isInstanceOf(Refused.class);
    }
  }

  @Test
  void parse_emptyLinesInTheText_splitsAtTheLast() throws Exception {
    SignedNote note = SignedNote.parse(utf8("a\n\nb\n\n— n AAAAAAA=\n"));
    assertThat(note.text()).isEqualTo(utf8("a\n\nb\n"));
  }

  @Test
  void parse_sixteenSignaturesOfFiveKilobytes_isRead() throws Exception {
    NoteSignature large = new NoteSignature("post-quantum", 1, new byte[5000]);
    SignedNote note = SignedNote.of(TEXT, Collections.nCopies(16, large));
    assertThat(note.signatures()).hasSize(16);
  }

  @Test
  void parse_oneSignatureTooMany_isRefused() throws Exception {
    NoteSignature line = SignedNote.sign(TEXT, P256).signatures().get(0);
    assertThat(SignedNote.of(TEXT, Collections.nCopies(100, line)).signatures()).hasSize(100);
    assertThatThrownBy(() -> SignedNote.of(TEXT, Collections.nCopies(101, line)))
        .hasMessageContaining("signature lines must be at most 100");
  }

  @Test
  void parse_tooLong_isRefused() {
    byte[] note = utf8("a".repeat(SignedNote.MAX_BYTES) + "\n\n— n AAAAAAA=\n");
    assertThatThrownBy(() -> SignedNote.parse(note))
        .isInstanceOf(MalformedNoteException.class)
        .hasMessageContaining("at most 131072 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        "— n AAAAAAA=\n",
        "\n— n AAAAAAA=\n",
        "text\n— n AAAAAAA=\n",
        "text\n\n— n AAAAAAA=",
        "text\n\n- n AAAAAAA=\n",
        "text\n\n—n AAAAAAA=\n",
        "text\n\n— n\n",
        "text\n\n— n \n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n— a\u00a0b AAAAAAA=\n",
        "text\n\n— n  AAAAAAA=\n",
        "text\n\n— n AAAAAAA= \n",
        "text\n\n— n AAAAAA==\n",
        "text\n\n— n AAAAAAA\n",
        "text\n\n— n AAAAAAB=\n",
        "text\n\n— n AAAA AAA=\n",
        "text\n\n— n AAAAAA-=\n",
        "text\n\n— n AAAAAAA=\r\n",
        "te\txt\n\n— n AAAAAAA=\n",
        "text\n\n— n AAAAAAA=\nmore\n",
        "text\0\n\n— n AAAAAAA=\n",
      })
  void parse_anyOtherForm_isRefused(String note) {
    assertThatThrownBy(() -> SignedNote.parse(utf8(note)))
        .isInstanceOf(MalformedNoteException.class)
        .hasMessageMatching("note: .+ must be .+, was .+");
  }

  @Test
  void parse_notUtf8_isRefusedWithItsPlace() {
    byte[] bytes = utf8("text\n\n— n AAAAAAA=\n");
    bytes[2] = (byte) 0xff;
    assertThatThrownBy(() -> SignedNote.parse(bytes))
        .isInstanceOfSatisfying(
            MalformedNoteException.class, e -> assertThat(e.offset()).hasValue(2))
        .hasMessage("note: text must be UTF-8, was 0xff, at byte 2");
    byte[] cut = {'a', '\n', '\n', (byte) 0xe2, (byte) 0x80};
    assertThatThrownBy(() -> SignedNote.parse(cut)).isInstanceOf(MalformedNoteException.class);
  }

  @Test
  void parse_eachCutOfANote_isRefused() throws Exception {
    byte[] bytes = SignedNote.sign(TEXT, P256).bytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> SignedNote.parse(cut)).isInstanceOf(MalformedNoteException.class);
    }
  }

  @Test
  void sign_textThatIsNoNotesText_isRefused() {
    for (String text : new String[] {"", "no newline", "two\u0001\n", "a\n\n— n AAAAAAA="}) {
      assertThatThrownBy(() -> SignedNote.sign(utf8(text), ED25519))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> SignedNote.sign(TEXT)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void sign_signerFails_isItsFailure() {
    NoteSigner broken =
        new NoteSigner() {
          @Override
          public NoteKey key() {
            return P256.key();
          }

          @Override
          public byte[] sign(byte[] text) throws NoteSigningException {
            throw new NoteSigningException("CKR_DEVICE_REMOVED", "token gone", new Exception());
          }
        };
    assertThatThrownBy(() -> SignedNote.sign(TEXT, ED25519, broken))
        .isInstanceOfSatisfying(
            NoteSigningException.class, e -> assertThat(e.code()).isEqualTo("CKR_DEVICE_REMOVED"));
  }

  @Test
  void bytes_changedByTheCaller_leaveTheNoteAsItWas() throws Exception {
    byte[] bytes = SignedNote.sign(TEXT, P256).bytes();
    SignedNote note = SignedNote.parse(bytes);
    bytes[0] ^= 1;
    note.bytes()[1] ^= 1;
    note.signatures().get(0).bytes()[0] ^= 1;
    assertThat(note.open(verifiers(P256))).isInstanceOf(Opened.class);
  }

  private static List<NoteVerifier> verifiers(KeyPairNoteSigner... signers) {
    List<NoteVerifier> verifiers = new ArrayList<>();
    for (KeyPairNoteSigner signer : signers) {
      verifiers.add(NoteVerifier.of(signer.key()));
    }
    return verifiers;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
