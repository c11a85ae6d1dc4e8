// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules that demand that a request comes over its holder's own connection. */
class ChannelTest {
  private static final String DEMAND = "env.channel == Channel.BOUND";

  static Inputs over(Optional<Env.Channel> channel) {
    Env env = Samples.ENV;
    return new Inputs(
        Samples.SUBJECT,
        Samples.REQUEST,
        Samples.GOVERNANCE,
        Samples.TRUST,
        new Env(
            env.keyStorage(),
            env.resetCount(),
            env.restartCount(),
            env.clockSafe(),
            env.pcrs(),
            env.pcrDigest(),
            channel),
        Samples.NOW);
  }

  private static Policy demanding(String when) throws Exception {
    return new Samples.Draft()
        .rule("channel_not_bound", "enforcement", "require", when, "runtime_condition")
        .permit("all", "true")
        .policy();
  }

  @Test
  void boundChannel_thatIsDemanded_isAllowed() throws Exception {
    assertThat(demanding(DEMAND).decide(over(Optional.of(Env.Channel.BOUND))))
        .isInstanceOf(Decision.Allow.class);
  }

  @Test
  void channelThatIsUnboundOrUnknown_isDenied_whereABoundOneIsDemanded() throws Exception {
    for (Optional<Env.Channel> channel :
        List.of(Optional.of(Env.Channel.UNBOUND), Optional.<Env.Channel>empty())) {
      assertThat(demanding(DEMAND).decide(over(channel)))
          .isInstanceOfSatisfying(
              Decision.Deny.class,
              deny -> {
                assertThat(deny.code()).isEqualTo(PolicyCode.RUNTIME_CONDITION);
                assertThat(deny.reasons().get(0).rule()).isEqualTo("channel_not_bound");
              });
    }
  }

  @Test
  void unboundChannel_thatIsForbidden_isDeniedWhereItIsUnknownToo() throws Exception {
    Policy forbidding =
        new Samples.Draft()
            .rule(
                "channel_not_bound",
                "enforcement",
                "forbid",
                "env.channel == Channel.UNBOUND",
                "runtime_condition")
            .permit("all", "true")
            .policy();
    assertThat(forbidding.decide(over(Optional.of(Env.Channel.BOUND))))
        .isInstanceOf(Decision.Allow.class);
    assertThat(forbidding.decide(over(Optional.of(Env.Channel.UNBOUND))))
        .isInstanceOf(Decision.Deny.class);
    assertThat(forbidding.decide(over(Optional.empty()))).isInstanceOf(Decision.Deny.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        DEMAND,
        "has(env.channel)",
        "subject.host != 'host-z' || env.channel == Channel.BOUND"
      })
  void policy_thatDemandsAChannel_readsIt(String when) throws Exception {
    assertThat(demanding(when).readsChannel()).isTrue();
  }

  @Test
  void policy_thatWatchesAChannelInShadow_readsIt() throws Exception {
    assertThat(
            new Samples.Draft()
                .rule("watch", "enforcement", "require", DEMAND, "runtime_condition", "shadow", "")
                .permit("all", "true")
                .policy()
                .readsChannel())
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "env.clock_safe", "Channel.BOUND == Channel.BOUND"})
  void policy_thatDemandsNone_readsNone(String when) throws Exception {
    assertThat(demanding(when).readsChannel()).isFalse();
  }

  /** What was decided on before, or by a service without TLS, keeps its bytes. */
  @Test
  void inputs_withAndWithoutAChannel_areReadAsTheyWereWritten() throws Exception {
    assertThat(json(Optional.empty())).doesNotContain("channel");
    assertThat(json(Optional.of(Env.Channel.BOUND))).contains("\"channel\":\"bound\"");
    assertThat(json(Optional.of(Env.Channel.UNBOUND))).contains("\"channel\":\"unbound\"");
  }

  private static String json(Optional<Env.Channel> channel) throws Exception {
    Inputs inputs = over(channel);
    assertThat(Inputs.parse(inputs.toJson())).isEqualTo(inputs);
    return new String(inputs.toJson(), StandardCharsets.UTF_8);
  }
}
