"""Chat formats of today's families: their real templates, or templates of our own lines that do the same.

A family whose tokenizer a package ships is tried with it. The others have a miniature's tokenizer with the
family's marks added. Default identities are invented and short: it is tested that they are there, and where.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from holdfast.inference.prompting.thinking import PRESETS, Switch, Thoughts

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
BRAND = "You are Brand, a helpful model."

_SPLIT = (
    "{% set told = messages[0].role == 'system' %}"
    "{% set rest = messages[1:] if told else messages %}"
    "{% set system = messages[0].content if told else '' %}"
)
_ALTERNATE = (
    "{% for m in rest %}{% if m.role != ('user', 'assistant')[loop.index0 % 2] %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}"
)


def _ends(text: str) -> str:
    """Return what a template ends with: the beginning of the model's own message."""
    return f"{{% if add_generation_prompt %}}{text}{{% endif %}}"


def _each(turn: str, where: str = "messages") -> str:
    return f"{{% for m in {where} %}}{turn}{{% endfor %}}"


_CHATML_TURN = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
_CHATML = _each(_CHATML_TURN) + _ends("<|im_start|>assistant\n")
_OFF = "{% set off = enable_thinking is defined and not enable_thinking %}"


def _default(words: str, turn: str) -> str:
    """Return what writes a default system message where none is given."""
    said = turn.replace("{{ m.role }}", "system").replace("{{ m.content }}", words)
    return f"{{% if messages[0].role != 'system' %}}{said}{{% endif %}}"


def _qwen_3_5(default: str) -> str:
    return (
        "{% if not messages | selectattr('role', 'equalto', 'user') | list %}"
        "{{ raise_exception('nobody asks') }}{% endif %}"
        f"{{% set thinks = enable_thinking | default({default}) %}}"
        + _each(_CHATML_TURN.replace("m.content", "m.content | trim"))
        + _ends("<|im_start|>assistant\n{{ '<think>\n' if thinks else '<think>\n\n</think>\n\n' }}")
    )


def _gemma_4(closed: str) -> str:
    return (
        "{{ bos_token }}" + _SPLIT + "{% set thinks = enable_thinking | default(false) %}"
        "{% if told or thinks %}<|turn>system\n{{ '<|think|>\n' if thinks }}{{ system | trim }}<turn|>\n"
        "{% endif %}"
        + _each(
            "<|turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
            "{{ m.content.split('<channel|>')[-1] | trim }}<turn|>\n",
            "rest",
        )
        + _ends(f"<|turn>model\n{{{{ '' if thinks else '{closed}' }}}}")
    )


def _llama_3(date: str) -> str:
    turn = "<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>"
    return (
        "{{ bos_token }}" + _SPLIT + "<|start_header_id|>system<|end_header_id|>\n\n"
        f"Knowledge until: December 2023\nToday: {{{{ {date} }}}}\n\n{{{{ system | trim }}}}<|eot_id|>"
        + _each(turn, "rest")
        + _ends("<|start_header_id|>assistant<|end_header_id|>\n\n")
    )


def _mistral(default: str, settings: str = "", checks: str = _ALTERNATE) -> str:
    return (
        "{{ bos_token }}" + _SPLIT + f"{{% if not told %}}{{% set system = {default} %}}{{% endif %}}"
        "{% if told or system %}[SYSTEM_PROMPT]{{ system }}[/SYSTEM_PROMPT]{% endif %}" + settings + checks
        + _each(
            "{{ '[INST]' + m.content + '[/INST]' if m.role == 'user' else m.content + eos_token }}", "rest"
        )
    )  # fmt: skip


_GPT_OSS = (
    "<|start|>system<|message|>{{ model_identity | default('" + BRAND + "') }}\n"
    "Current date: {{ strftime_now('%Y-%m-%d') }}\n\n"
    "Reasoning: {{ reasoning_effort | default('medium') }}\n\n"
    "# Channels: analysis, final.<|end|>"
    + _each(
        "{% if m.role == 'system' and m.content %}<|start|>developer<|message|># Instructions\n\n"
        "{{ m.content }}\n\n<|end|>{% elif m.role == 'assistant' %}"
        "<|start|>assistant<|channel|>final<|message|>{{ m.content }}<|end|>"
        "{% elif m.role == 'user' %}<|start|>user<|message|>{{ m.content }}<|end|>{% endif %}"
    )
    + _ends("<|start|>assistant")
)
_DEEPSEEK_R1 = (
    "{{ bos_token }}" + _SPLIT + "{{ system }}"
    + _each(
        "{{ '<｜User｜>' + m.content if m.role == 'user' else "
        "'<｜Assistant｜>' + m.content.split('</think>')[-1] + eos_token }}",
        "rest",
    )
    + _ends("<｜Assistant｜>{{ '<think>\n' }}")
)  # fmt: skip
_GEMMA_2 = (
    "{{ bos_token }}{% set rest = messages %}" + _ALTERNATE
    + _each(
        "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{{ m.content | trim }}<end_of_turn>\n"
    )
    + _ends("<start_of_turn>model\n")
)  # fmt: skip
_GLM_4 = "[gMASK]<sop>" + _each("<|{{ m.role }}|>\n{{ m.content }}") + _ends("<|assistant|>")
_GLM_4_5 = (
    "[gMASK]<sop>" + _OFF
    + _each(
        "<|{{ m.role }}|>\n{{ '<think></think>\n' if m.role == 'assistant' }}{{ m.content }}"
        "{{ '/nothink' if off and m.role == 'user' }}"
    )
    + _ends("<|assistant|>{{ '\n<think></think>' if off }}")
)  # fmt: skip
_GLM_4_7 = (
    "[gMASK]<sop>" + _OFF
    + _each("<|{{ m.role }}|>{{ '</think>' if m.role == 'assistant' }}{{ m.content }}")
    + _ends("<|assistant|>{{ '</think>' if off else '<think>' }}")
)  # fmt: skip
_GRANITE_TURN = "<|start_of_role|>{{ m.role }}<|end_of_role|>{{ m.content }}<|end_of_text|>\n"
_GRANITE_4_0 = (  # an empty system message is none
    _SPLIT + "<|start_of_role|>system<|end_of_role|>{{ system or '" + BRAND + "' }}<|end_of_text|>\n"
    + _each(_GRANITE_TURN, "rest")
)  # fmt: skip
_GRANITE_ENDS = "<|start_of_role|>assistant<|end_of_role|>"
_LLAMA_4 = (
    "{{ bos_token }}"
    + _each("<|header_start|>{{ m.role }}<|header_end|>\n\n{{ m.content | trim }}<|eot|>")
    + _ends("<|header_start|>assistant<|header_end|>{{ '\n\n' }}")
)
_SETTINGS = (
    "{% set effort = reasoning_effort | default('none') %}{% if effort not in ('none', 'high') %}"
    "{{ raise_exception('reasoning_effort is none or high') }}{% endif %}"
    "[MODEL_SETTINGS]{\"reasoning_effort\": \"{{ effort }}\"}[/MODEL_SETTINGS]"
)  # fmt: skip
_OLMO_THINK = (
    _default(BRAND, _CHATML_TURN)
    + _each(
        _CHATML_TURN.replace(
            "{{ m.content }}",
            "{{ m.content }}{{ ' You have no functions. <functions></functions>' if m.role == 'system' }}",
        )
    )
    + _ends("<|im_start|>assistant\n<think>")
)
_PHI_MINI = _each("<|{{ m.role }}|>{{ m.content }}<|end|>") + _ends("<|assistant|>")
_PHI_MINI_REASONING = (
    _SPLIT + "<|system|>Your name is Brand.{{ ' ' + system if system }}<|end|>"
    + _each("<|{{ m.role }}|>{{ m.content }}<|end|>", "rest")
    + _ends("<|assistant|>")
)  # fmt: skip
_PHI_TURN = "<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>"
_PHI_ENDS = _ends("<|im_start|>assistant<|im_sep|>")
_PHI_THINKS = (  # whatever is given as a system message is not shown
    f"<|im_start|>system<|im_sep|>{BRAND} Write <think> Thought </think> Solution.<|im_end|>"
    + _each(_PHI_TURN, "messages if m.role != 'system'") + _PHI_ENDS
)  # fmt: skip
_SMOLLM_3 = (
    _SPLIT + "{% set mode = '/think' if enable_thinking | default(true) else '/no_think' %}"
    "{% if '/no_think' in system %}{% set mode = '/no_think' %}{% elif '/think' in system %}"
    "{% set mode = '/think' %}{% endif %}"
    "{% set own = system.replace('/no_think', '').replace('/think', '') %}"
    "{% if '/system_override' in system %}<|im_start|>system\n"
    "{{ own.replace('/system_override', '') }}<|im_end|>\n{% else %}"
    "<|im_start|>system\n## Metadata\n\nKnowledge until: June 2025\n"
    "Today: {{ strftime_now('%d %B %Y') }}\nReasoning: {{ mode }}\n\n## Instructions\n\n"
    "{{ own or '"
    + BRAND
    + "' }}\n\n{% endif %}"
    + _each(
        "<|im_start|>{{ m.role }}\n"
        "{{ '<think>\n\n</think>\n' if m.role == 'assistant' and mode == '/no_think' }}"
        "{{ m.content }}<|im_end|>\n",
        "rest",
    )
    + _ends("<|im_start|>assistant\n{{ '<think>\n\n</think>\n' if mode == '/no_think' }}")
)


@dataclass(frozen=True)
class Today:
    """How a family's models are shown a conversation.

    Attributes:
        template: Jinja; empty: the tokenizer's own.
        tokenizer: the package's; empty: a miniature's.
        marks: what is added to a miniature's tokenizer.
        eos: the end of a sequence, of a miniature's tokenizer.
        thoughts: how it thinks; None: it does not.
        system_role: does the template take a system message?
        findings: names of what the template is found to do.
        turn_end: what ends a turn where the end of a sequence does not.
        begins: is a beginning of a sequence written?
        hub: patterns of the repositories that have this format.
    """

    template: str = ""
    tokenizer: str = ""
    marks: tuple[str, ...] = ()
    eos: str = "</s>"
    thoughts: Thoughts | None = None
    system_role: bool = True
    findings: frozenset[str] = frozenset()
    turn_end: str = ""
    begins: bool = True
    hub: tuple[str, ...] = ()

    def has(self, repository: str) -> bool:
        """Tell whether a repository's models have this format."""
        return any(fnmatchcase(repository, pattern) for pattern in self.hub)


def _found(*names: str) -> frozenset[str]:
    return frozenset(names)


_IM = {"marks": ("<|im_start|>", "<|im_end|>"), "eos": "<|im_end|>", "begins": False}
_INST = {
    "marks": (
        "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[THINK]", "[/THINK]",
        "[MODEL_SETTINGS]", "[/MODEL_SETTINGS]",
    ),
}  # fmt: skip
_GLM = {
    "marks": ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|endoftext|>"),
    "eos": "<|endoftext|>", "begins": False, "turn_end": "<|user|>",
}  # fmt: skip
_GRANITE = {
    "marks": ("<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"), "eos": "<|end_of_text|>",
    "begins": False,
}  # fmt: skip
_GEMMA_MARKS = ("<|turn>", "<turn|>", "<|think|>", "<|channel>", "<channel|>")
_PHI = {"marks": ("<|end|>", "<|system|>", "<|user|>", "<|assistant|>"), "begins": False}
_PHI_4 = {
    "marks": ("<|im_start|>", "<|im_sep|>", "<|im_end|>"),
    "eos": "<|im_end|>",
    "begins": False,
}
_MINISTRAL_THINKS = "'Think first: [THINK]thoughts[/THINK] and the answer.'"
_DATED_BRAND = "'" + BRAND + " The date is ' + strftime_now('%Y-%m-%d') + '.'"
_GRANITE_THOUGHTS = Thoughts(
    end="\n</think>\n",
    levels={
        "off": Switch(arguments={"enable_thinking": False}),
        "on": Switch(arguments={"enable_thinking": True}),
    },
)
_DEEPSEEK = RESOURCES / "models/templates/deepseek-v3.2.jinja"

TODAY: dict[str, Today] = {
    "llama-3-package": Today(tokenizer="llama3", turn_end="<|eot_id|>", findings=_found("turn_end")),
    "llama-3.1-package": Today(tokenizer="llama3_1"),
    "llama-3.1": Today(
        _llama_3("date_string | default('26 Jul 2024')"), "llama3_1",
        findings=_found("adds_to_system", "adds_an_identity"),
        hub=("meta-llama/Llama-3.1-*-Instruct", "meta-llama/Llama-3.3-*-Instruct"),
    ),
    "llama-3.2": Today(
        _llama_3("date_string if date_string is defined else strftime_now('%d %b %Y')"), "llama3_1",
        findings=_found("adds_to_system", "adds_an_identity", "dated"),
        hub=("meta-llama/Llama-3.2-*-Instruct",),
    ),
    "llama-4": Today(
        _LLAMA_4, marks=("<|header_start|>", "<|header_end|>", "<|eot|>"), eos="<|eot|>",
        hub=("meta-llama/Llama-4-*-Instruct",),
    ),
    "qwen3": Today(
        tokenizer="qwen3", thoughts=PRESETS["qwen3"], begins=False, hub=("Qwen/Qwen3-*",)
    ),
    "qwen3.5": Today(
        _qwen_3_5("true"), thoughts=PRESETS["qwen3.5"],
        hub=("Qwen/Qwen3.5-4B", "Qwen/Qwen3.5-9B", "Qwen/Qwen3.5-27B", "Qwen/Qwen3.5-35B-A3B"), **_IM,
    ),
    "qwen3.5-small": Today(
        _qwen_3_5("false"), thoughts=PRESETS["qwen3.5"],
        hub=("Qwen/Qwen3.5-0.8B", "Qwen/Qwen3.5-2B"), **_IM,
    ),
    "gemma-2": Today(
        _GEMMA_2, "gemma2", system_role=False, findings=_found("alternates", "turn_end"),
        turn_end="<end_of_turn>",
    ),
    "gemma-3": Today(
        tokenizer="gemma3", findings=_found("moves_system", "alternates"), hub=("google/gemma-3-*-it",)
    ),
    "gemma-4": Today(
        _gemma_4("<|channel>thought\n<channel|>"), marks=_GEMMA_MARKS, thoughts=PRESETS["gemma4"],
        turn_end="<turn|>", findings=_found("turn_end"),
        hub=("google/gemma-4-12B-it", "google/gemma-4-26B-A4B-it", "google/gemma-4-31B-it"),
    ),
    "gemma-4-e": Today(
        _gemma_4(""), marks=_GEMMA_MARKS, thoughts=PRESETS["gemma4"], turn_end="<turn|>",
        findings=_found("turn_end"), hub=("google/gemma-4-E?B-it",),
    ),
    "gpt-oss": Today(
        _GPT_OSS, "gptoss", thoughts=PRESETS["gpt-oss"], begins=False, turn_end="<|end|>",
        findings=_found("adds_to_system", "adds_an_identity", "dated", "turn_end"),
        hub=("openai/gpt-oss-*",),
    ),
    "deepseek-v3": Today(tokenizer="deepseek_v3"),
    "deepseek-v3.2": Today(
        _DEEPSEEK.read_text(encoding="utf-8"), "deepseek_v3", thoughts=PRESETS["deepseek-v3.1"],
        hub=("deepseek-ai/DeepSeek-V3.2",),
    ),
    "deepseek-r1": Today(
        _DEEPSEEK_R1, "deepseek_v3", thoughts=PRESETS["deepseek-r1"],
        findings=_found("opens_a_thought"), hub=("deepseek-ai/DeepSeek-R1-Distill-*",),
    ),
    "glm-4": Today(_GLM_4, findings=_found("turn_end"), hub=("zai-org/GLM-4-9B-0414",), **_GLM),
    "glm-4.5": Today(
        _GLM_4_5, thoughts=PRESETS["glm4.5"], findings=_found("turn_end"),
        hub=("zai-org/GLM-4.5-*",), **_GLM,
    ),
    "glm-4.7": Today(
        _GLM_4_7, thoughts=PRESETS["glm4.7"], findings=_found("turn_end"),
        hub=("zai-org/GLM-4.7-*",), **_GLM,
    ),
    "granite-4.0": Today(
        _GRANITE_4_0 + _ends(_GRANITE_ENDS), findings=_found("adds_an_identity"),
        hub=("ibm-granite/granite-4.0-*",), **_GRANITE,
    ),
    "granite-4.2": Today(
        _OFF + _each(_GRANITE_TURN) + _ends(_GRANITE_ENDS + "{{ '<think>\n\n</think>\n' if off }}"),
        thoughts=_GRANITE_THOUGHTS, hub=("ibm-granite/granite-4.2-*",), **_GRANITE,
    ),
    "mistral-small-3": Today(
        _mistral(_DATED_BRAND, checks=""), findings=_found("identity_left_out"),
        hub=("mistralai/Mistral-Small-24B-Instruct-*", "mistralai/Mistral-Small-3.?-24B-Instruct-*"),
        **_INST,
    ),
    "ministral-3": Today(
        _mistral(f"'{BRAND} The date is {{today}}.'"), findings=_found("identity_left_out", "alternates"),
        hub=("mistralai/Ministral-3-*-Instruct-*",), **_INST,
    ),
    "mistral-small-4": Today(
        _mistral("''", _SETTINGS), thoughts=PRESETS["mistral-reasoning"],
        findings=_found("adds_to_system", "adds_an_identity", "alternates"),
        hub=("mistralai/Mistral-Small-4-*",), **_INST,
    ),
    "ministral-3-reasoning": Today(
        _mistral(_MINISTRAL_THINKS), thoughts=PRESETS["ministral3-reasoning"],
        findings=_found("identity_left_out", "alternates"),
        hub=("mistralai/Ministral-3-*-Reasoning-*",), **_INST,
    ),
    "olmo-3-instruct": Today(
        _default(BRAND, _CHATML_TURN) + _CHATML, findings=_found("identity_left_out"),
        hub=("allenai/Olmo-3-*-Instruct",), **_IM,
    ),
    "olmo-3-think": Today(
        _OLMO_THINK, thoughts=PRESETS["olmo3-think"],
        findings=_found("adds_to_system", "adds_an_identity", "opens_a_thought"),
        hub=("allenai/Olmo-3-*-Think",), **_IM,
    ),
    "phi-4-mini": Today(
        _PHI_MINI, turn_end="<|end|>", findings=_found("turn_end"),
        hub=("microsoft/Phi-4-mini-instruct",), **_PHI,
    ),
    "phi-4-mini-reasoning": Today(
        _PHI_MINI_REASONING, thoughts=PRESETS["phi4-reasoning"], turn_end="<|end|>",
        findings=_found("turn_end", "adds_to_system", "adds_an_identity"),
        hub=("microsoft/Phi-4-mini-reasoning",), **_PHI,
    ),
    "phi-4": Today(_each(_PHI_TURN) + _PHI_ENDS, hub=("microsoft/phi-4",), **_PHI_4),
    "phi-4-reasoning": Today(
        _PHI_THINKS, system_role=False, thoughts=PRESETS["phi4-reasoning"],
        findings=_found("adds_an_identity"),
        hub=("microsoft/Phi-4-reasoning",), **_PHI_4,
    ),
    "smollm2": Today(
        _default(BRAND, _CHATML_TURN) + _CHATML, findings=_found("identity_left_out"),
        hub=("HuggingFaceTB/SmolLM2-*-Instruct",), **_IM,
    ),
    "smollm3": Today(
        _SMOLLM_3, thoughts=PRESETS["smollm3"],
        findings=_found("adds_to_system", "adds_an_identity", "dated"),
        hub=("HuggingFaceTB/SmolLM3-*",), **_IM,
    ),
}  # fmt: skip
