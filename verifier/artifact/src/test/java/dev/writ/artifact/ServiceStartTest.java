// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The leaf of a start, and what its quote is bound to. */
class ServiceStartTest {
  private static final StartBinding BINDING =
      new StartBinding(
          "writ.example/ledger",
          5,
          hash("root"),
          new TrustReference(1, hash("trust")),
          List.of(
              new StartBinding.Key(hash("issuer"), KeyRole.ISSUER),
              new StartBinding.Key(hash("checkpoint"), KeyRole.CHECKPOINT)));
  private static final HostState HOST =
      new HostState(
          akName(1),
          List.of(new PcrBankSelection(PcrBankSelection.Bank.SHA256, List.of(0, 7))),
          hash("pcrs"),
          7,
          0xffff_ffffL);

  private static AkName akName(int filled) {
    byte[] name = new byte[34];
    name[1] = 0x0b;
    name[2] = (byte) filled;
    return AkName.of(name);
  }

  static Stream<ServiceStart> starts() {
    return Stream.of(
        new ServiceStart(BINDING, HOST, hash("evidence"), Optional.empty()),
        new ServiceStart(BINDING, HOST, hash("evidence"), Optional.of(akName(2))));
  }

  private static String json(ServiceStart start) {
    return new String(leaf(start).bytes(), StandardCharsets.UTF_8);
  }

  private static Leaf leaf(ServiceStart start) {
    return Leaf.of(TestWorld.MADE, TestWorld.LEAF_ID, List.of(hash("parent")), start);
  }

  @ParameterizedTest
  @MethodSource("starts")
  void parse_ofBytes_isTheSameLeaf(ServiceStart start) throws Exception {
    Leaf parsed = Leaf.parse(leaf(start).bytes());

    assertThat(parsed).isEqualTo(leaf(start));
    assertThat(parsed.body()).isEqualTo(start);
    assertThat(parsed.kind()).isEqualTo(LeafKind.KEY);
    assertThat(parsed.bytes()).isEqualTo(new JsonCanonicalizer(parsed.bytes()).getEncodedUTF8());
  }

  /** The form as docs/FORMATS.md has it, computed beside the code. */
  @Test
  void qualifyingData_isTheLabelledHashOfTheBindingsMembers() throws Exception {
    String members =
        "{\"keys\":[{\"kid\":\""
            + Base64Url.encode(hash("issuer").bytes())
            + "\",\"role\":\"issuer\"},{\"kid\":\""
            + Base64Url.encode(hash("checkpoint").bytes())
            + "\",\"role\":\"checkpoint\"}],\"log\":{\"origin\":\"writ.example/ledger\",\"size\":5,"
            + "\"root\":\""
            + hash("root").hex()
            + "\"},\"trust\":{\"version\":1,\"digest\":\""
            + hash("trust").hex()
            + "\"}}";
    ByteArrayOutputStream hashed = new ByteArrayOutputStream();
    hashed.writeBytes("writ-start-v1\0".getBytes(StandardCharsets.US_ASCII));
    hashed.writeBytes(Hash.sha256(new JsonCanonicalizer(members).getEncodedUTF8()).bytes());

    assertThat(BINDING.qualifyingData()).isEqualTo(Hash.sha256(hashed.toByteArray()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"step\":\"started\";\"step\":\"stopped\";step",
        "\"step\":\"started\";\"step\":\"started\",\"x\":1;x",
        "\"size\":5;\"size\":-1;log.size",
        "\"size\":5;\"size\":5,\"x\":1;log.x",
        "\"origin\":\"writ;\"origin\":\" writ;log.origin",
        "\"role\":\"issuer\";\"role\":\"log\";role",
        "\"role\":\"issuer\";\"role\":\"issuer\",\"x\":1;x",
        "\"keys\":[;\"keys\":[],\"x\":[;keys",
        "\"version\":1;\"version\":0;trust.version",
        "\"reset_count\":7;\"reset_count\":4294967296;reset_count",
        "\"restart_count\":4294967295;\"restart_count\":-1;restart_count",
        "\"selection\":[0,7];\"selection\":[7,0];selection",
        "\"bank\":\"sha256\";\"bank\":\"sha1\";bank",
        "\"ak_name\":\"AAs;\"ak_name\":\"AAw;ak_name",
        "\"evidence_digest\":\";\"evidence_digest\":\"x;evidence_digest",
      })
  void leaf_ofAnotherForm_isMalformed(String found, String put, String field) {
    String json = json(starts().findFirst().orElseThrow());
    assertThat(json).contains(found);
    String other = json.replace(found, put);

    assertThatThrownBy(() -> Leaf.parse(other.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedLeafException.class)
        .hasMessageContaining(field);
  }

  @Test
  void keyBefore_thatIsTheSame_isRefused() {
    assertThatThrownBy(
            () -> new ServiceStart(BINDING, HOST, hash("evidence"), Optional.of(akName(1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("previous_ak_name");
  }

  @Test
  void binding_ofOneKeyTwiceOrNone_isRefused() {
    StartBinding.Key key = BINDING.keys().get(0);
    for (List<StartBinding.Key> keys : List.of(List.of(key, key), List.<StartBinding.Key>of())) {
      assertThatThrownBy(() -> new StartBinding("a", 0, hash("root"), BINDING.trust(), keys))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("keys");
    }
  }
}
