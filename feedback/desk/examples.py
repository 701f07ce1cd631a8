"""What the style guide shows: invented customers, in both languages, never in the database."""

COLOURS = [
    "ground", "surface", "selected", "line", "line-strong", "ink", "ink-soft", "accent", "accent-soft",
    "accurate", "false", "red", "orange", "yellow", "for", "against", "receipt",
]  # fmt: skip
SIZES = [12, 13, 14, 16, 19, 22, 30]

REASONS = [
    {"label": "“换别家”", "weight": 1.9},
    {"label": "30 天内第 3 次升级", "weight": 1.3},
    {"label": "contract ends within 30 days", "weight": 0.8},
    {"label": "“态度挺好”", "weight": -0.4},
    {"label": "upstream score 0.81", "weight": 0.3},
]

PARTS = [
    {"text": "Hi, ", "side": ""},
    {"text": "please cancel our plan", "side": "for"},
    {"text": " at the end of the month. We ", "side": ""},
    {"text": "asked twice for the invoice fix", "side": "for"},
    {"text": " and nobody came back to us. ", "side": ""},
    {"text": "The product itself is fine.", "side": "against"},
]

PARTS_ZH = [
    {"text": "你们这个系统", "side": ""},
    {"text": "第三次", "side": "for"},
    {"text": "出问题了，我", "side": ""},
    {"text": "打了三遍电话还没解决", "side": "for"},
    {"text": "，司机都在等单。", "side": ""},
    {"text": "你们小陈态度倒是挺好的", "side": "against"},
    {"text": "，但是", "side": ""},
    {"text": "再这样下去我们就换别家了", "side": "for"},
    {"text": "，合同下个月也到期。", "side": ""},
]

ROWS = [
    {"name": "华晨物流", "words": "第三次打电话了还没解决，再这样我们就换别家了", "tier": "red", "probability": 0.92},
    {"name": "Northwind Retail", "words": "please cancel our plan at the end of the month", "tier": "red",
     "probability": 0.88},
    {"name": "Lumen Dental", "words": "How do I export all of our data?", "tier": "orange", "probability": 0.66},
    {"name": "云杉科技", "words": "报表导出太慢了，希望优化一下", "tier": "yellow", "probability": 0.41},
]  # fmt: skip
