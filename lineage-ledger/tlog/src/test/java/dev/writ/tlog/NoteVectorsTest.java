// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.writ.tlog.NoteOutcome.Opened;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Notes of golang/mod, transparency-dev, Sunlight, Tessera and C2SP, under their keys. */
class NoteVectorsTest {
  private static final String SET = "note/notes.json";

  @TestFactory
  List<DynamicTest> open_eachNote_isAsExpected() throws IOException {
    return Vectors.each(SET, NoteVectorsTest::notes);
  }

  @TestFactory
  List<DynamicTest> parse_eachBadVerifierKey_isRefused() throws IOException {
    return Vectors.each(SET, NoteVectorsTest::badKeys);
  }

  private static List<DynamicTest> notes() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode note : Vectors.json(SET).get("notes")) {
      boolean expected = note.get("wantOk").asBoolean();
      tests.add(
          DynamicTest.dynamicTest(
              note.get("name").asText(), () -> assertThat(isOpened(note)).isEqualTo(expected)));
    }
    return tests;
  }

  private static List<DynamicTest> badKeys() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode vkey : Vectors.json(SET).get("bad_vkeys").get("keys")) {
      tests.add(
          DynamicTest.dynamicTest(
              vkey.asText(),
              () ->
                  assertThatThrownBy(() -> NoteKey.parse(vkey.asText()))
                      .isInstanceOf(MalformedNoteKeyException.class)));
    }
    return tests;
  }

  private static boolean isOpened(JsonNode vector) throws MalformedNoteKeyException {
    List<NoteVerifier> known = new ArrayList<>();
    for (JsonNode vkey : vector.get("vkeys")) {
      NoteKey key = NoteKey.parse(vkey.asText());
      assertThat(key.vkey()).isEqualTo(vkey.asText());
      known.add(NoteVerifier.of(key));
    }
    String text = vector.get("note").asText();
    SignedNote note;
    try {
      note = SignedNote.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedNoteException e) {
      return false;
    }
    assertThat(note.format()).isEqualTo(text);
    return note.open(known) instanceof Opened;
  }
}
